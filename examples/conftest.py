"""`pytest --trt-lint examples` judges the models. The suite in pytest/ runs where it is named: pytest examples/pytest"""

collect_ignore = ["pytest"]
