"""`pytest --trt-lint examples` judges the models; the suite in pytest/ runs where it is named, as examples/pytest."""

collect_ignore = ["pytest"]
