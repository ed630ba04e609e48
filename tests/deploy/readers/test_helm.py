"""Helm charts: what their templates deploy with their own values."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("yaml")

from pytest_trt.deploy.join import join
from pytest_trt.deploy.readers import yaml
from pytest_trt.deploy.reading import Container, Reading
from pytest_trt.deploy.scope import UNKNOWN, shape
from pytest_trt.deploy.templates.gofunctions import CannotTell, Unknown, shown
from pytest_trt.deploy.templates.gotemplate import TemplateError, parse
from pytest_trt.deploy.templates.rendering import Renderer
from pytest_trt.deploy.templates.templating import Marks
from pytest_trt.deploy.tree import Tree

DATA = Path(__file__).parents[2] / "data/deploy/helm"
META = 'apiVersion: v2\nname: shop\nversion: 0.1.0\nappVersion: "2.19.0"\n'


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()

    def of(template: str, values: str = "", helpers: str = "", **others: str) -> Reading:
        files = {
            "chart/Chart.yaml": META, "chart/values.yaml": values, "chart/templates/_helpers.tpl": helpers,
            "chart/templates/d.yaml": template, **others,
        }  # fmt: skip
        for name, content in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content)
        reading = yaml.read(template, "chart/templates/d.yaml", Tree(["."]))
        assert reading is not None
        return reading

    return of


def pod(container: str, spec: str = "") -> str:
    return (
        "kind: Pod\nmetadata:\n  name: {{ .Release.Name }}-serving\nspec:\n  containers:\n    - name: serving\n"
        f"      image: tensorflow/serving:2.19.0\n{container}{spec}"
    )


def only(reading: Reading) -> Container:
    assert len(reading.containers) == 1
    return reading.containers[0]


def image(read, expression: str, values: str = "", helpers: str = ""):  # type: ignore[no-untyped-def]
    return only(
        read(f"kind: Pod\nspec:\n  containers:\n    - name: serving\n      image: {expression}\n", values, helpers)
    ).image


def test_a_real_chart() -> None:
    tree = Tree([DATA.as_posix()])
    path = (DATA / "bitnami/tensorflow-resnet/templates/deployment.yaml").as_posix()
    reading = yaml.read(tree.read(path), path, tree)
    assert reading is not None
    assert reading.kind == "helm"
    assert reading.remarks == []
    container = only(reading)
    assert container.image.text == "docker.io/bitnami/tensorflow-serving:2.19.1-debian-12-r0"
    assert container.image.at.line == 105
    assert "values.yaml:80" in container.image.why
    assert {name: value.text for name, value in container.env.items()} == {
        "TENSORFLOW_SERVING_MODEL_NAME": "resnet",
        "TENSORFLOW_SERVING_PORT_NUMBER": "",
        "TENSORFLOW_SERVING_REST_API_PORT_NUMBER": "",
        "TENSORFLOW_SERVING_ENABLE_MONITORING": "no",
    }
    assert [(mount.target, mount.kind, mount.at.line) for mount in container.mounts] == [
        ("/tmp", "volume", 181),
        ("/bitnami/model-data", "volume", 184),
        ("/opt/bitnami/tensorflow-serving/conf", "volume", 187),
        ("/opt/bitnami/tensorflow-serving/tmp", "volume", 190),
        ("/opt/bitnami/tensorflow-serving/logs", "volume", 193),
    ]
    assert container.mounts[1].source.why.startswith("init container seed fills it")
    assert container.entrypoint is None
    assert container.args is None


def test_the_files_of_a_chart_that_deploy_nothing_by_themselves() -> None:
    tree = Tree([DATA.as_posix()])
    for name in ("Chart.yaml", "values.yaml"):
        path = (DATA / "bitnami/tensorflow-resnet" / name).as_posix()
        assert yaml.read(tree.read(path), path, tree) is None


IMAGE = 'image:\n  registry: docker.io\n  repository: tensorflow/serving\n  tag: 2.18.0-gpu\n  empty: ""\n'


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("{{ .Values.image.repository }}:{{ .Values.image.tag }}", "tensorflow/serving:2.18.0-gpu"),
        ('"{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion '
            '}}"', "tensorflow/serving:2.18.0-gpu"),
        ('"{{ .Values.image.repository }}:{{ .Values.image.empty | default .Chart.AppVersion '
            '}}"', "tensorflow/serving:2.19.0"),
        ('{{ printf "%s/%s:%s" .Values.image.registry .Values.image.repository .Values.image.tag | quote }}',
         "docker.io/tensorflow/serving:2.18.0-gpu"),
        ('{{ include "shop.image" . }}', "docker.io/tensorflow/serving:2.18.0-gpu"),
        ('{{ template "shop.image" . }}', "docker.io/tensorflow/serving:2.18.0-gpu"),
        ('{{ include "common.images.image" (dict "imageRoot" .Values.image "global" .Values.global) }}',
         "docker.io/tensorflow/serving:2.18.0-gpu"),
        ('{{ with .Values.image }}{{ .repository }}:{{ .tag }}{{ end }}', "tensorflow/serving:2.18.0-gpu"),
        ('{{ if and .Values.image (not .Values.gpu) }}a{{ else if .Values.x }}b{{ else }}c{{ end }}', "a"),
        ('{{ if eq .Values.image.tag "x" "2.18.0-gpu" }}a{{ end }}', "a"),
        ('{{ ternary "a" "b" (hasSuffix "-gpu" .Values.image.tag) }}', "a"),
        ('{{ tpl "{{ .Values.image.tag }}" . }}', "2.18.0-gpu"),
        ('{{ index .Values "image" "tag" }}', "2.18.0-gpu"),
        ('{{ (index .Values "image").tag | trimSuffix "-gpu" }}', "2.18.0"),
        ('{{ $i := .Values.image }}{{ $i.tag }}', "2.18.0-gpu"),
        ('{{- $t := "a" -}}{{- if true }}{{ $t = "b" }}{{ end }} {{ $t }}', "b"),
        ('{{ range $k, $v := .Values.image }}{{ if eq $k "tag" }}{{ $v }}{{ end }}{{ end }}', "2.18.0-gpu"),
        ('{{ .Chart.Name }}:{{ .Chart.Version }}', "shop:0.1.0"),
        ('{{ required "say it" .Values.image.tag }}', "2.18.0-gpu"),
        ('{{ coalesce .Values.none .Values.image.tag }}', "2.18.0-gpu"),
        ('{{ get .Values.image "tag" | upper | lower }}', "2.18.0-gpu"),
        ('{{ /* a comment */ -}} x', "x"),
        ('{{ .Files.Get "image.txt" | trim }}', "from-a-file:1"),
    ],
)  # fmt: skip
def test_what_templates_make_of_values(read, tmp_path: Path, expression: str, expected: str) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "chart").mkdir()
    (tmp_path / "chart/image.txt").write_text("from-a-file:1\n")
    helpers = (
        '{{- define "shop.image" -}}\n{{- with .Values.image -}}{{ .registry }}/{{ .repository '
        "}}:{{ .tag }}{{- end -}}\n{{- end -}}"
    )
    said = image(read, expression, IMAGE, helpers)
    assert said.text == expected, said.why


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("x:{{ .Release.Name }}", "the release's name is given when the chart is installed"),
        ("{{ lookup \"v1\" \"Pod\" \"\" \"\" }}", "lookup is not carried out here"),
        ("{{ include \"gone\" . }}", "gone is not in the chart"),
        ("{{ .Values.a.b.c }}", "nothing has the field b"),
        ("{{ .Capabilities.KubeVersion.Minor }}", "depends on the cluster"),
        ("{{ required \"say it\" .Values.none }}", "the chart demands it: say it"),
        ("{{ .Values.image }}", "as Go writes it"),
        ("{{ .Values.big }}", "exponent"),
        ("{{ printf \"%5s\" .Values.image.tag }}", "%5s"),
        ("{{ .Files.Get \"../../x\" }}", "cannot get"),
    ],
)  # fmt: skip
def test_what_is_known_only_to_helm(read, expression: str, why: str) -> None:  # type: ignore[no-untyped-def]
    said = image(read, expression, IMAGE + "big: 1602624873\n")
    assert said.text is None
    assert why in said.why


def test_numbers_are_floats_to_helm(read) -> None:  # type: ignore[no-untyped-def]
    assert image(read, "x:{{ .Values.tag }}", "tag: 2.10\n").text == "x:2.1"
    assert image(read, "x:{{ .Values.tag }}", 'tag: "2.10"\n').text == "x:2.10"
    assert image(read, "x:{{ .Values.tag }}", "tag: 2\n").text == "x:2"


def test_what_is_known_of_a_word_stays(read) -> None:  # type: ignore[no-untyped-def]
    container = only(read(pod("      args: ['--model_name={{ .Release.Name }}', --model_base_path=/models/a]\n")))
    assert [shape(word) for word in container.args or []] == [f"--model_name={UNKNOWN}", "--model_base_path=/models/a"]


def test_blocks_of_values_keep_the_templates_lines(read) -> None:  # type: ignore[no-untyped-def]
    template = pod(
        "      {{- with .Values.resources }}\n      resources:\n        {{- toYaml . | nindent 8 }}\n      {{- end }}\n"
        "      env:\n      {{- range .Values.env }}\n        - name: {{ .name }}\n          value: "
        "{{ .value | quote }}\n      {{- end }}\n"
        "      volumeMounts: [{name: m, mountPath: /models}]\n",
        "  {{- if .Values.pv.enabled }}\n  volumes: []\n  {{- else }}\n  volumes:\n    - name: m\n      hostPath:\n"
        "        path: {{ .Values.path }}\n  {{- end }}\n  nodeSelector: {{- toYaml .Values.nodes | nindent 4 }}\n",
    )
    values = (
        "resources:\n  limits:\n    nvidia.com/gpu: 1\nenv:\n  - {name: MODEL_NAME, value: resnet}\n "
        " - {name: B, value: 'no'}\n"
        "pv: {enabled: false}\npath: /srv/models\nnodes:\n  cloud.google.com/gke-accelerator: nvidia-l4\n"
    )
    container = only(read(template, values))
    assert container.gpu is True
    assert container.gpu_at.line == 10  # type: ignore[arg-type]
    assert {name: (value.text, value.at.line) for name, value in container.env.items()} == {
        "MODEL_NAME": ("resnet", 15),
        "B": ("no", 15),
    }
    assert [(mount.target, mount.source.text, mount.source.at.line) for mount in container.mounts] == [
        ("/models", "/srv/models", 24)
    ]
    assert container.capability == "8.9"


def test_parts_that_only_helm_knows_are_said(read) -> None:  # type: ignore[no-untyped-def]
    template = pod(
        '      env:\n        - {name: A, value: a}\n        {{- include "lib.env" . | nindent 8 }}\n'
        "      {{- if .Capabilities.HelmVersion }}\n      args: [--port=1]\n      {{- end }}\n"
        '      {{- include "lib.labels" . | nindent 6 }}\n      command: {{ include "lib.command" . | nindent 8 }}\n'
    )
    reading = read(template)
    assert [(each.code, each.at.line) for each in reading.remarks] == [("TRT418", 11), ("TRT418", 10)]
    container = only(reading)
    assert container.env["A"].text == "a"
    assert [word.text for word in container.entrypoint or []] == [None]


def test_values_around_a_chart_of_charts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    inner = (
        "kind: Pod\nspec:\n  containers: [{name: serving, image: '{{ .Values.global.registry "
        "}}/{{ .Values.image }}'}]\n"
    )
    for name, content in {
        "chart/Chart.yaml": META,
        "chart/values.yaml": "global: {registry: r.io}\nserving: {image: 'tensorflow/serving:2.17.0'}\n",
        "chart/charts/serving/Chart.yaml": META.replace("shop", "serving"),
        "chart/charts/serving/values.yaml": "image: tensorflow/serving:1\n",
        "chart/charts/serving/templates/p.yaml": inner,
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    reading = yaml.read(inner, "chart/charts/serving/templates/p.yaml", Tree(["."]))
    assert reading is not None
    assert only(reading).image.text == "r.io/tensorflow/serving:2.17.0"


INNER = "kind: Pod\nspec:\n  containers: [{name: serving, image: 'tensorflow/serving:{{ .Values.tag }}'}]\n"


@pytest.mark.parametrize(
    ("dependency", "values", "tag"),
    [
        ("", "serving: {tag: 2.18.0}", "2.18.0"),
        ("alias: tfs", "serving: {tag: 2.18.0}\ntfs: {tag: 2.16.1}", "2.16.1"),
        ("condition: serving.enabled", "serving: {enabled: false}", None),
        ("condition: 'none.at.all, tfs.on'", "tfs: {on: false}", None),
        ("condition: 'serving.enabled,tfs.on'", "serving: {enabled: true}\ntfs: {on: false}", "2.17.0"),
        ("condition: serving.unset", "serving: {}", "2.17.0"),
    ],
)
def test_a_chart_within_a_chart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dependency: str, values: str, tag: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    listed = f"dependencies:\n- name: serving\n  version: 1.0.0\n  {dependency}\n"
    for name, content in {
        "Chart.yaml": META + listed, "values.yaml": values,
        "charts/serving/Chart.yaml": META.replace("shop", "serving"), "charts/serving/values.yaml": "tag: 2.17.0\n",
        "charts/serving/templates/p.yaml": INNER,
    }.items():  # fmt: skip
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    reading = yaml.read(INNER, "charts/serving/templates/p.yaml", Tree(["."]))
    found = [container.image.text for container in reading.containers] if reading is not None else []
    assert found == ([f"tensorflow/serving:{tag}"] if tag is not None else [])


FULL_NAME = (
    '{{- define "shop.fullname" -}}\n{{- $name := default .Chart.Name .Values.nameOverride }}\n'
    "{{- if contains $name .Release.Name }}\n{{- .Release.Name | trunc 63 }}\n{{- else }}\n"
    '{{- printf "%s-%s" .Release.Name $name | trunc 63 }}\n{{- end }}\n{{- end }}\n'
)
CONFIG = (
    "kind: ConfigMap\nmetadata: {name: NAME}\ndata:\n  models.config: |-\n    model_config_list {\n"
    "    {{- range $name, $path := .Values.models }}\n      config { name: {{ $name | quote }} "
    'base_path: {{ $path | quote }} model_platform: "tensorflow" }\n    {{- end }}\n    }\n'
)
READS = (
    "      args: [--model_config_file=/c/models.config]\n      volumeMounts: [{name: c, mountPath: /c}]\n"
    "  volumes:\n    - name: c\n      configMap:\n        name: NAME\n"
)


@pytest.mark.parametrize(
    ("one", "other", "known"),
    [
        ("{{ .Release.Name }}-models", "{{ $.Release.Name }}-models", True),
        ('{{ include "shop.fullname" . }}', "{{ include `shop.fullname` $ }}", True),
        ('{{ include "shop.fullname" . }}-a', '{{ include "shop.fullname" . }}-b', False),
        ('{{ printf "%s-models" (include "shop.fullname" .) | trunc 50 }}',) * 2 + (True,),
        ("{{ .Release.Name }}", "{{ .Release.Namespace }}", False),
        ("{{ randAlpha 5 }}", "{{ randAlpha 5 }}", False),
    ],
)
def test_objects_that_are_called_alike(read, one: str, other: str, known: bool) -> None:  # type: ignore[no-untyped-def]
    values = "models: {a: gs://b/a}\n"
    template = pod(READS.replace("NAME", other))
    config = CONFIG.replace("{name: NAME}", f"\n  name: {one}")
    file = "chart/templates/c.yaml"
    reading = read(template, values, FULL_NAME, **{file: config})
    tree = Tree(["."])
    beside = yaml.read(config, file, tree)
    assert beside is not None
    found, _ = join([reading, beside], tree)
    assert [edge.uri for edge in found] == ["gs://b/a" if known else None]


@pytest.mark.parametrize(
    ("tag", "known"),
    [
        ('2.18.0{{ if .Capabilities.APIVersions.Has "x" }}-gpu{{ end }}', None),
        ("2.18.0{{ if .Release.Name }}-gpu{{ else }}-gpu{{ end }}", "tensorflow/serving:2.18.0-gpu"),
        ("2.18.0\n      {{- if .Release.Name }}\n      stdin: true\n      {{- end }}", "tensorflow/serving:2.18.0"),
    ],
)
def test_a_part_of_a_line_that_only_helm_knows(read, tag: str, known: str | None) -> None:  # type: ignore[no-untyped-def]
    found = image(read, f"tensorflow/serving:{tag}")
    assert found.text == known
    assert known is not None or shape(found).startswith("tensorflow/serving:2.18.0")


def test_lists_and_maps_as_json(read) -> None:  # type: ignore[no-untyped-def]
    values = "args: ['--model_name=a', '--x=\"y\"', 3, true, null]\nenv: [{name: A, value: b}]\n"
    template = pod("      args: {{ toJson .Values.args }}\n      env: {{ .Values.env | toJson }}\n")
    container = only(read(template, values))
    assert [word.text for word in container.args or []] == ["--model_name=a", '--x="y"', "3", "true", None]
    assert container.env["A"].text == "b"


@pytest.mark.parametrize(
    "helper",
    [
        '{{ define "a" }}{{ if .Release.Name }}x{{ .y }}{{ .y }}{{ else }}z{{ end }}{{ end }}',
        '{{ define "a" }}{{ if contains "q" .y }}{{ .y }}{{ .y }}{{ else }}{{ .y }}{{ end }}{{ end }}',
    ],
)
def test_names_that_would_double_are_cut(read, helper: str) -> None:  # type: ignore[no-untyped-def]
    steps = "{{ $x := .Release.Name }}" + '{{ $x = include "a" (dict "y" $x "Release" .Release) }}' * 60
    template = f"{steps}kind: Pod # tensorflow/serving\nx: {{{{ $x }}}}\nspec: {{containers: [{{image: y}}]}}\n"
    start = time.perf_counter()
    read(template, "", helper)
    assert time.perf_counter() - start < 5


def test_a_template_that_helm_refuses_is_a_note(read) -> None:  # type: ignore[no-untyped-def]
    reading = read("kind: Pod\n# tensorflow/serving image\n{{ if }}\n{{ end\n")
    assert [(each.code, each.at.line) for each in reading.remarks] == [("TRT418", 3)]


@pytest.mark.parametrize(
    "template",
    [
        '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}',
        '{{ define "a" }}{{ include "a" . }}{{ include "a" . }}{{ end }}{{ include "a" . }}',
        "{{ range $i := until 10 }}{{ end }}",
        "{{ $x := list 1 }}" + "{{ $x = concat $x $x }}" * 60 + "{{ $x }}",
        '{{ $x := dict "a" 1 }}' + '{{ $x = dict "a" $x "b" $x }}' * 60 + "{{ toYaml $x }}",
        '{{ $x := dict "a" 1 }}' + '{{ $x = dict "a" $x "b" $x }}' * 60 + "{{ merge $x $x | toYaml }}",
        '{{ $x := "aaaaaaaaaa" }}' + '{{ $x = replace "a" $x $x }}' * 10 + "{{ $x }}",
        '{{ $x := "{{ $x }}" }}' + "{{ $x = tpl $x . }}" * 10,
        "{{ range 1000000 }}{{ range 1000000 }}x{{ end }}{{ end }}",
        "{{ if true }}" * 500 + "{{ end }}" * 500,
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{{" * 50_000,
        '{{ "' + "a" * 100_000 + '" | quote }}' * 20,
        "{{ printf " + '"%s"' + " 1 }}",
        "{{ .Values.x.y.z }}" * 1000,
        '{{ index .Values 1 2 3 }}{{ trunc -1 }}{{ trunc }}{{ len 1 }}{{ default }}{{ dict 1 }}{{ int "x" }}',
    ],
)
def test_hostile_templates_end(read, template: str) -> None:  # type: ignore[no-untyped-def]
    start = time.perf_counter()
    read("kind: Pod\nmetadata: {name: tensorflow/serving}\nspec: {containers: [{image: x}]}\n---\n" + template)
    assert time.perf_counter() - start < 20


def rendered(text: str, root: dict[str, object] | None = None) -> str:
    marks = Marks()
    template = parse(text)
    return Renderer(template.defines, {}, root or {}, marks).render(template).text()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a {{- 1 -}} b", "a1b"),
        ("a\n  {{- /* x */ -}}\n  b", "ab"),
        ("{{ if .a }}x{{ else }}y{{ end }}", "y"),
        ("{{ `raw \\n` }}", "raw \\n"),
        ('{{ "a\\tb" }}', "a\tb"),
        ("{{ range .l }}{{ . }},{{ end }}", "1,2,"),
        ("{{ range .none }}a{{ else }}none{{ end }}", "none"),
        ("{{ range $i, $e := .l }}{{ $i }}={{ $e }};{{ end }}", "0=1;1=2;"),
        ("{{ range .l }}{{ $.s }}{{ end }}", "ss"),
        ("{{ with .m }}{{ .k }}{{ else }}x{{ end }}", "v"),
        ("{{ toYaml .m }}", "k: v\nl:\n- 1\n- a: \"b c\""),
        ("{{ .l | len }}", "2"),
        ('{{ list "a" "b" | join "-" }}', "a-b"),
        ('{{ block "n" . }}d{{ end }}', "d"),
        ("{{ true }}{{ nil }}", "true"),
        ('{{ 1 | int }}{{ 3.5 }}', "13.5"),
        ('{{ quote .s 1 }}', '"s" "1"'),
        ('{{ "x" | indent 2 }}{{ "y" | nindent 1 }}', "  x\n y"),
        ('{{ .s.t }}', None),
        ("{{ not .none }}{{ or .none \"d\" }}{{ and .s .l | len }}", "trued2"),
        ('{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ end }}{{ $x }}', "1"),
        ('{{ hasKey .m "k" }}{{ dig "l" "z" "d" .m }}', "trued"),
        ('{{ dig "q" "d" .m }}{{ omit .m "l" | toYaml }}', "dk: v"),
    ],
)  # fmt: skip
def test_the_language(text: str, expected: str | None) -> None:
    found = rendered(text, {"l": [1, 2], "s": "s", "m": {"k": "v", "l": [1, {"a": "b c"}]}})
    if expected is None:
        assert "\ue000" in found
    else:
        assert found == expected


@pytest.mark.parametrize(
    "text", ["{{ end }}", "{{ if 1 }}", "{{ 1 2", "{{ | }}", "{{ ) }}", "{{ /* }}", "{{ define }}", "{{ 1x }}"]
)
def test_what_is_no_template(text: str) -> None:
    with pytest.raises(TemplateError):
        parse(text)


_PIECES = ["{{", "}}", "{{-", "-}}", "if ", "end", "range ", "else", "with ", "define ", *'/*|.$ab"`() \n:=1']


@given(st.lists(st.sampled_from(_PIECES), max_size=40).map("".join))
def test_any_template_ends(text: str) -> None:
    try:
        rendered(text, {"a": [1], "b": {"a": "x"}})
    except (TemplateError, CannotTell):
        pass


def test_unknown_values_are_marks() -> None:
    marks = Marks()
    text = shown(Unknown("because"), marks)
    found = marks.first(text)
    assert found is not None and found.why == "because"
