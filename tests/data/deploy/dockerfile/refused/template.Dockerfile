FROM tensorflow/serving:{{ version }}
{% if gpu %}
ENV A=b
{% endif %}
