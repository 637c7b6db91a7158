"""Scripts made small mean what they meant: text, patterns and templates are untouched, statements stay apart."""

import pytest

from kizuna.web.public import panel, tight


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ('say( "a  //b" ) ; // c', 'say("a  //b");'),
        ("const a = 'it\\'s  /* no */' /* yes */", "const a='it\\'s  /* no */'"),
        ("a = `x  ${ { b : `y  ${ c }` } }  //z`", "a=`x  ${{b:`y  ${c}`}}  //z`"),
        (r"a = /[/ ]  \/ '/gu .test( b )", r"a=/[/ ]  \/ '/gu.test(b)"),
        ("return /  x/", "return/  x/"),
        ("a = (b + c) / d / e", "a=(b+c)/d/e"),
        ("a = b + +c - --d", "a=b+ +c- --d"),
        ("let a\nlet b = typeof a in c\nif (a) return\nb()", "let a\nlet b=typeof a in c\nif(a)return\nb()"),
        ("a()\n  .b()\n  .c({\n  d: 1,\n})", "a().b().c({d:1,})"),
        ("a++\nb\n[c] = d\n", "a++\nb\n[c]=d"),
    ],
)
def test_only_blanks_and_remarks_go(written: str, wanted: str) -> None:
    assert tight.tighten_script(written) == wanted
    assert tight.tighten_script(wanted) == wanted


@pytest.mark.parametrize("broken", ["a = `b", "a = `${b}", "a = /b\n"])
def test_a_text_without_an_end_is_told(broken: str) -> None:
    with pytest.raises(ValueError, match="without an end"):
        tight.tighten_script(broken)


def test_a_style_keeps_what_counts() -> None:
    written = '/* x */ [dir="rtl"] .a , .b > c { margin: calc(1px + 2px) ; font: 1px / 2 "Segoe UI" ; }\n'
    assert tight.tighten_style(written) == '[dir=rtl] .a,.b>c{margin:calc(1px + 2px);font:1px/2 "Segoe UI"}'


def test_the_panels_script_has_no_blank_to_spare() -> None:
    assert tight.tighten_script(panel.script()) == panel.script().strip()
