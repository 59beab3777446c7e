#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What chat templates make of conversations, by Jinja2 as Hugging Face's
transformers set it up; the tests compare the runtime with it.

Without --templates, the templates are those of this file: one for each part of
the language, and short ones in the formats of published models. With
--templates, they are the files *.jinja of a folder: templates that models were
published with, which are not part of this project.
"""

import argparse
import datetime
import json
import pathlib
import sys

import jinja2
import jinja2.ext
import jinja2.sandbox

TIME = 1718452245  # 2024-06-15 11:50:45
ADD_GENERATION_PROMPT, HAS_TIME, NO_THINKING = 1, 2, 4


class TemplateError(Exception):
    """What raise_exception raises."""


class Generation(jinja2.ext.Extension):
    """{% generation %} marks text and changes nothing."""

    tags = {"generation"}

    def parse(self, parser):
        next(parser.stream)
        return parser.parse_statements(["name:endgeneration"], drop_needle=True)


def make_environment(time):
    def to_json(value, ensure_ascii=False, indent=None, separators=None,
                sort_keys=False):
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent,
                          separators=separators, sort_keys=sort_keys)

    def raise_exception(message):
        raise TemplateError(message)

    def strftime_now(form):
        moment = datetime.datetime.fromtimestamp(time, datetime.timezone.utc)
        return moment.strftime(form)

    environment = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True,
        extensions=[jinja2.ext.loopcontrols, Generation])
    environment.filters["tojson"] = to_json
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = strftime_now
    return environment


def message(role, content):
    return {"role": role, "content": content}


TURN = [message("user", "How do lizards sleep?")]
SYSTEM = [message("system", " You are terse.\n")] + TURN
LONG = SYSTEM + [
    message("assistant", "<think>\nThey do.\n</think>\n\nOn warm stones. "),
    message("user", "Since when? 'Long' \"ago\" & <b>"),
    message("assistant", "Always."),
    message("user", " \u00e4\u00f6\u00fc \u4f60\u597d \U0001f98e\n\tEnd  "),
]
BROKEN = [message("assistant", "Hello"), message("user", "Hi")]
CONVERSATIONS = {"turn": TURN, "system": SYSTEM, "long": LONG,
                 "broken": BROKEN, "empty": []}

# One part of the language each. They run with every conversation.
CONSTRUCTS = {
    "text": "plain {text} { { } } %} text\n",
    "blanks": "a\n  {% if true %}\n  b\n  {% endif %}\n  c {% if true %} d "
              "{% endif %}\n  {# e #}\n  f{#- g -#}  \n  h\n{{ 'i' }}\n  "
              "{{- 'j' -}}  \n k\n  {%+ if true %}\nl\n{% endif +%}\nm\n\n",
    "line-ends": "a\r\nb\rc{% if true %}\r\nd{% endif %}\n",
    "raw": "{% raw %}{{ x }}{% if %}{# y #}\n  {% endraw %}\nz\n"
           "{%- raw -%}  a  {%- endraw -%}  b",
    "comments": "a{# {{ b }} {% c %}\n #}\nd{#- e -#}   f",
    "literals": "{{ 'a\\n\\'b\\' \\x41\\u00e9\\t|' }}{{ \"c\" 'd' }}{{ 12 }}"
                "{{ -3 }}{{ 1_000 }}{{ true }}{{ False }}{{ none }}"
                "{{ [1, 'a\\'b', [true, none]] }}"
                "{{ {'a': 1, 'b': ['x\\n', \"it's\"]} }}{{ 123456789012345 }}"
                "{{ 2.0 }}{{ 7 / 2 == 3.5 }}",
    "arithmetic": "{{ 7 + 3 * 2 - 1 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} "
                  "{{ -7 % 3 }} {{ 8 / 2 }} {{ 'ab' * 3 }} {{ 'a' ~ 1 ~ none }}"
                  " {{ [1] + [2, 3] }} {{ 1 ~ 2 ~ 3 * 4 }} {{ -2 | abs }} "
                  "{{ (1, 2)[1] }} {{ 1.5 + 1.5 }} {{ 7.0 // 2 }} {{ 3 * -2 }} "
                  "{{ +5 }}",
    "comparison": "{{ 1 < 2 }}{{ 'a' >= 'b' }}{{ 1 == 1.0 }}{{ 'a' != 'b' }}"
                  "{{ 'a' in 'cat' }}{{ 'x' not in ['a', 'b'] }}"
                  "{{ 'k' in {'k': 1} }}{{ [1, [2]] == [1, [2]] }}"
                  "{{ true == 1 }}{{ none == false }}{{ '' in 'a' }}"
                  "{{ {'a': 1} == {'a': 1} }}{{ undefined == other }}",
    "logic": "{{ 1 and 2 }}{{ 0 or 'x' }}{{ not 0 }}{{ 0 and 1 or 3 }}"
             "{{ not 1 == 2 }}{{ '' or [] or 'z' }}{{ not not 1 }}"
             "{{ 'a' if 1 else 'b' }}{{ 'c' if 0 }}{{ 'd' if 0 else 'e' if 0 "
             "else 'f' }}{{ nothing or 'g' }}",
    "if": "{% for m in messages %}{% if m.role == 'user' %}U{% elif m['role'] "
          "== 'system' %}S{% else %}A{% endif %}{% endfor %}",
    "loop": "{% for m in messages %}{{ loop.index }}/{{ loop.length }}"
            "{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}"
            "{% if loop.first %}F{% endif %}{% if loop.last %}L{% endif %}"
            "{% if loop.previtem is defined %}<{{ loop.previtem.role }}"
            "{% endif %}{% if loop.nextitem %}>{{ loop.nextitem.role }}"
            "{% endif %} {% else %}none{% endfor %}",
    "nested-loop": "{% for a in [1, 2] %}{% set outer = loop %}"
                   "{% for b in 'xy' %}{{ outer.index }}{{ b }}{{ loop.index }} "
                   "{% endfor %}{{ loop.last }}{% endfor %}",
    "loop-filter": "{% for m in messages if m.role != 'system' %}"
                   "{{ loop.index }}{{ m.role }}{{ loop.last }} {% else %}-"
                   "{% endfor %}{% for m in messages[1:] if loop is defined %}"
                   "{{ m.role }}{% endfor %}",
    "loop-control": "{% for i in range(10) %}{% if i == 2 %}{% continue %}"
                    "{% endif %}{% if i > 4 %}{% break %}{% endif %}{{ i }}"
                    "{% endfor %}",
    "unpack": "{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }};"
              "{% endfor %}{% for (a, b) in [[1, 2], 'xy'] %}{{ b }}{{ a }}"
              "{% endfor %}{% set x, y = 1, 2 %}{{ x }}{{ y }}",
    "dict-loop": "{% for k in messages[0] %}{{ k }}:{{ messages[0][k] }} "
                 "{% endfor %}{% for k in {'b': 1}.keys() %}{{ k }}{% endfor %}"
                 "{% for v in {'b': 1}.values() %}{{ v }}{% endfor %}",
    "slices": "{{ 'hello'[1:3] }}{{ 'hello'[-2:] }}{{ 'hello'[::-1] }}"
              "{{ 'h\u00e9llo'[:2] }}{{ [1, 2, 3, 4][1::2] }}{{ 'hello'[9:] }}"
              "{{ [1, 2, 3][::-1] }}{{ 'hello'[3:1] }}{{ [1, 2, 3][:-1] }}"
              "{{ 'hello'[-1:0:-2] }}{{ 'hello'[1] }}{{ 'hello'[-1] }}"
              "{{ 'abc'[7] }}{{ [1, 2].1 }}"
              "{% for m in messages[1:] %}{{ m.role }}{% endfor %}"
              "{% for m in messages[::-1] %}{{ m.role }}{% endfor %}",
    "reversed": "{% for m in messages | reverse %}{{ m.role }} {% endfor %}"
                "{{ 'abc' | reverse }}",
    "set": "{% set a = 1 %}{% if a %}{% set a = 2 %}{% endif %}{{ a }}"
           "{% for i in range(3) %}{{ a }}{% set a = a + 1 %}{{ a }}{% endfor %}"
           "{{ a }}{% set b %}x{{ a }}{% set a = 9 %}{{ a }}{% endset %}{{ b }}"
           "{{ a }}{% for i in [1] %}{% set c = i %}{% endfor %}"
           "{{ c is defined }}",
    "set-messages": "{% if messages and messages[0].role == 'system' %}"
                    "{% set system = messages[0].content %}"
                    "{% set messages = messages[1:] %}{% endif %}"
                    "{{ system }}|{% for m in messages %}{{ m.content }}|"
                    "{% endfor %}",
    "namespace": "{% set ns = namespace(a=1, found=false) %}{% for m in messages "
                 "%}{% set ns.a = ns.a + 1 %}{% if m.role == 'user' %}"
                 "{% set ns.found = true %}{% endif %}{% endfor %}{{ ns.a }}"
                 "{{ ns.found }}{% set ns.other = 'x' %}{{ ns.other }}"
                 "{{ ns.missing is defined }}{% set e = namespace() %}",
    "macro": "{% macro turn(role, text='-', last=false) %}[{{ role }}:{{ text "
             "| trim }}{% if last %}!{% endif %}]{% endmacro %}"
             "{% for m in messages %}{{ turn(m.role, m.content, last=loop.last) "
             "}}{% endfor %}{{ turn('x') }}{{ turn(role='y') ~ 'z' }}"
             "{{ turn() }}",
    "macro-recursion": "{% macro count(n) %}{{ n }}{% if n > 0 %}"
                       "{{ count(n - 1) }}{% endif %}{% endmacro %}"
                       "{{ count(5) }}",
    "macro-scope": "{% set g = 1 %}{% macro f(a) %}{% set b = a + g %}"
                   "{% for i in range(2) %}{{ b + i }},{% endfor %}"
                   "{% endmacro %}{% set g = 10 %}{{ f(1) }}{{ f(2) }}"
                   "{{ b is defined }}",
    "generation": "{% for m in messages %}{% generation %}{{ m.content }}"
                  "{% endgeneration %}{% endfor %}",
    "filters": "{{ '  a b ' | trim }}|{{ 'xxaxx' | trim('x') }}|"
               "{{ messages | length }}|{{ 'h\u00e9' | length }}|"
               "{{ 'aBc dEf-gH' | title }}|{{ 'aBC' | capitalize }}|"
               "{{ 'a' | upper }}{{ 'B' | lower }}|{{ 'aXbXc' | replace('X', "
               "'--') }}|{{ 'aXbXc' | replace('X', '-', 1) }}|"
               "{{ [1, 2, 3] | join(', ') }}|{{ messages | map(attribute="
               "'role') | join('+') }}|{{ messages | join(',', attribute="
               "'role') }}|{{ nothing | default('d') }}|"
               "{{ '' | default('e', true) }}|{{ 0 | default('f') }}|"
               "{{ [1, 2] | first }}{{ [1, 2] | last }}{{ [] | first }}|"
               "{{ 'abc' | list }}|{{ 12 | string + '!' }}|{{ '42' | int + 1 }}"
               "|{{ 'x' | int }}|{{ 'x' | int(7) }}|{{ ' 3.9 ' | int }}|"
               "{{ {'a': 1} | items | list | length }}|{{ '<b>' | safe }}|"
               "{{ nothing | length }}|{{ nothing | trim }}|{{ 'x' | count }}",
    "json": "{{ messages | tojson }}{{ {'b': [1, none, true, {}], 'a': 'x\\n\""
            "\\\\\u00e9\\x01', 'c': []} | tojson }}"
            "{{ [1, {'a': [2, 3], 'b': {}}] | tojson(indent=2) }}"
            "{{ {'b': 1, 'a': 2} | tojson(sort_keys=true, indent=4) }}"
            "{{ '\u00e9\U0001f98e' | tojson(ensure_ascii=true) }}"
            "{{ [1, {'x': 2}] | tojson(separators=(',', ':')) }}"
            "{{ 'plain' | tojson }}{{ 1 | tojson }}",
    "map": "{{ ['a ', ' b'] | map('trim') | list }}"
           "{{ [3, 0, 5] | select | list }}{{ [1, 2, 3] | reject('odd') | list "
           "}}{{ messages | selectattr('role', 'equalto', 'user') | list | "
           "length }}{{ messages | rejectattr('role', 'equalto', 'user') | "
           "map(attribute='role') | list }}"
           "{{ messages | selectattr('tool') | list }}"
           "{{ ['a'] | map('replace', 'a', 'b') | join }}",
    "indent": "{{ 'a\\nb\\n\\nc' | indent(2) }}|{{ 'a\\nb' | indent(1, true) }}|"
              "{{ 'a\\n\\nb' | indent(2, blank=true) }}|{{ 'a\\nb' | "
              "indent('> ') }}",
    "tests": "{{ x is defined }}{{ messages is defined }}{{ x is undefined }}"
             "{{ none is none }}{{ 'a' is string }}{{ {} is mapping }}"
             "{{ [] is iterable }}{{ 'a' is iterable }}{{ 1 is iterable }}"
             "{{ [] is sequence }}{{ 1 is number }}{{ 1.5 is float }}"
             "{{ 1 is integer }}{{ true is boolean }}{{ true is true }}"
             "{{ 1 is true }}{{ false is false }}{{ 1 is equalto 1 }}"
             "{{ 1 is eq(2) }}{{ 3 is odd }}{{ 3 is even }}"
             "{{ 9 is divisibleby 3 }}{{ 2 is gt 1 }}{{ 1 is in [1] }}"
             "{{ 'a' is not string }}{{ x is not defined or x }}"
             "{{ messages[0].tool_calls is defined }}"
             "{{ strftime_now is defined }}{{ 1 is lt 2 and 2 is ge 2 }}"
             "{{ namespace is defined }}",
    "methods": "{{ '  a '.strip() }}|{{ 'xax'.lstrip('x') }}|{{ "
               "'xax'.rstrip('x') }}|{{ 'a,b,c'.split(',') }}|"
               "{{ 'a,b,c'.split(',', 1) }}|{{ ' a  b '.split() }}|"
               "{{ 'a b c'.split(None, 1) }}|{{ 'a,b,c'.rsplit(',', 1) }}|"
               "{{ 'a\\nb\\r\\nc\\n'.splitlines() }}|"
               "{{ 'abc'.startswith('ab') }}{{ 'abc'.endswith(('x', 'bc')) }}|"
               "{{ 'aB'.upper() }}{{ 'aB'.lower() }}{{ 'a b'.title() }}"
               "{{ 'aB'.capitalize() }}|{{ 'abab'.replace('a', 'x', 1) }}|"
               "{{ 'hello'.find('l') }}{{ 'hello'.find('z') }}"
               "{{ 'hello'.count('l') }}|{{ ','.join(['a', 'b']) }}|"
               "{{ {'a': 1}.get('a') }}{{ {'a': 1}.get('b') }}"
               "{{ {'a': 1}.get('b', 2) }}|{{ 'abc'.removeprefix('a') }}"
               "{{ 'abc'.removesuffix('c') }}|{{ 'a' in 'abc'.upper() }}"
               "|{{ \"it's\".title() }}{{ \"it's a-b\" | title }}",
    "thinking": "{% for m in messages %}{% if '</think>' in m.content %}"
                "{% set c = m.content.split('</think>')[-1].lstrip('\\n') %}"
                "{% set r = m.content.split('</think>')[0].rstrip('\\n')"
                ".split('<think>')[-1].lstrip('\\n') %}[{{ r }}|{{ c }}]"
                "{% else %}{{ m.content }}{% endif %}{% endfor %}"
                "{% if enable_thinking is defined and enable_thinking is false "
                "%}<none>{% endif %}",
    "undefined": "{{ x }}|{% if tools %}t{% endif %}{% for t in tools %}t"
                 "{% endfor %}{{ tools | length }}{{ x is none }}"
                 "{{ documents or 'none' }}{{ 'a' in tools }}",
    "range": "{{ range(3) | list }}{{ range(1, 4) | list }}"
             "{{ range(6, 0, -2) | list }}{{ range(0) | list }}",
    "date": "{{ strftime_now('%d %b %Y') }}|{{ strftime_now('%Y-%m-%d %H:%M:%S "
            "%A %B %j %y %I %p %a %% %-d %-m %e %F %T') }}",
    "generation-prompt": "{{ bos_token }}{% for m in messages %}{{ m['content'] "
                         "+ eos_token }}{% endfor %}{% if add_generation_prompt "
                         "%}A:{% endif %}",
    "raise": "{% for m in messages %}{% if m.role == 'system' %}"
             "{{ raise_exception('No ' + m.role + ' here!') }}{% endif %}"
             "{% endfor %}ok",
    "error-add": "{{ 'a' + 1 }}",
    "error-undefined": "{{ x.y }}",
    "error-undefined-sum": "{{ 'a' + x }}",
    "error-compare": "{{ 'a' < 1 }}",
    "error-set": "{% set messages.x = 1 %}",
    "error-divide": "{{ 1 // 0 }}",
    "error-range": "{% for i in range(1000000) %}{% endfor %}",
}

# Short templates in the formats of published models.
FORMATS = {
    "bitnet-2b-4t":
        "{{ bos_token }}{% for message in messages %}"
        "{{ message.role | capitalize }}: {{ message.content | trim }}"
        "<|eot_id|>{% endfor %}"
        "{% if add_generation_prompt %}Assistant: {% endif %}",
    "llama-3":
        "{% for m in messages %}{% set text = '<|start_header_id|>' + m['role']"
        " + '<|end_header_id|>\\n\\n' + m['content'] | trim + '<|eot_id|>' %}"
        "{% if loop.index0 == 0 %}{% set text = bos_token + text %}{% endif %}"
        "{{ text }}{% endfor %}{% if add_generation_prompt %}"
        "{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}"
        "{% endif %}",
    "chatml":
        "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + "
        "m['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}"
        "{% endif %}",
    "falcon-3":
        "{% for m in messages %}{% if m['role'] == 'system' %}"
        "{{ '<|system|>\\n' + m['content'] + '\\n' }}"
        "{% elif m['role'] == 'user' %}{{ '<|user|>\\n' + m['content'] + '\\n' "
        "}}{% elif m['role'] == 'assistant' %}{% if not loop.last %}"
        "{{ '<|assistant|>\\n' + m['content'] + eos_token + '\\n' }}"
        "{% else %}{{ '<|assistant|>\\n' + m['content'] + eos_token }}"
        "{% endif %}{% endif %}{% if loop.last and add_generation_prompt %}"
        "{{ '<|assistant|>\\n' }}{% endif %}{% endfor %}",
    "phi-3":
        "{% for m in messages %}{% if m.role in ['system', 'user', "
        "'assistant'] %}<|{{ m.role }}|>\n{{ m.content }}<|end|>\n{% endif %}"
        "{% endfor %}{% if add_generation_prompt %}<|assistant|>\n{% else %}"
        "{{ eos_token }}{% endif %}",
    "gemma-3":
        "{{ bos_token }}{%- if messages[0].role == 'system' -%}"
        "{%- set prefix = messages[0].content + '\\n\\n' -%}"
        "{%- set rest = messages[1:] -%}{%- else -%}{%- set prefix = '' -%}"
        "{%- set rest = messages -%}{%- endif -%}"
        "{%- for m in rest -%}{%- if (m.role == 'user') != (loop.index0 % 2 == "
        "0) -%}{{ raise_exception('Roles must alternate') }}{%- endif -%}"
        "{%- set role = 'model' if m.role == 'assistant' else m.role -%}"
        "{{ '<start_of_turn>' + role + '\\n' + (prefix if loop.first else '') }}"
        "{%- if m.content is string -%}{{ m.content | trim }}"
        "{%- elif m.content is iterable -%}{%- for item in m.content -%}"
        "{%- if item['type'] == 'text' -%}{{ item['text'] | trim }}"
        "{%- endif -%}{%- endfor -%}{%- else -%}"
        "{{ raise_exception('Invalid content') }}{%- endif -%}"
        "{{ '<end_of_turn>\\n' }}{%- endfor -%}"
        "{%- if add_generation_prompt -%}{{ '<start_of_turn>model\\n' }}"
        "{%- endif -%}",
    "llama-2":
        "{% if messages and messages[0].role == 'system' %}"
        "{% set rest = messages[1:] %}{% set system = messages[0].content %}"
        "{% else %}{% set rest = messages %}{% set system = false %}{% endif %}"
        "{% for m in rest %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) "
        "%}{{ raise_exception('Roles must alternate user/assistant') }}"
        "{% endif %}{% if loop.index0 == 0 and system != false %}"
        "{% set text = '<<SYS>>\\n' + system + '\\n<</SYS>>\\n\\n' + m.content "
        "%}{% else %}{% set text = m.content %}{% endif %}"
        "{% if m.role == 'user' %}{{ bos_token + '[INST] ' + text.strip() + "
        "' [/INST]' }}{% elif m.role == 'assistant' %}{{ ' ' + text.strip() + "
        "' ' + eos_token }}{% endif %}{% endfor %}",
    "zephyr":
        "{% for m in messages %}\n{% if m.role == 'user' %}\n"
        "{{ '<|user|>\\n' + m.content + eos_token }}\n"
        "{% elif m.role == 'system' %}\n"
        "{{ '<|system|>\\n' + m.content + eos_token }}\n"
        "{% elif m.role == 'assistant' %}\n"
        "{{ '<|assistant|>\\n'  + m.content + eos_token }}\n{% endif %}\n"
        "{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n"
        "{% endif %}\n{% endfor %}",
}


def render(text, conversation, flags):
    variables = {"messages": conversation, "bos_token": "<s>",
                 "eos_token": "</s>",
                 "add_generation_prompt": bool(flags & ADD_GENERATION_PROMPT)}
    if flags & NO_THINKING:
        variables["enable_thinking"] = False
    try:
        template = make_environment(TIME).from_string(text)
        return {"text": template.render(**variables)}
    except TemplateError as error:
        return {"raises": str(error)}
    except Exception as error:  # pylint: disable=broad-except
        return {"fails": type(error).__name__}


def make_cases(templates):
    for name, text in templates.items():
        # Few templates depend on everything.
        depends = "messages" in text
        asks = "generation_prompt" in text or "thinking" in text
        for which, conversation in CONVERSATIONS.items():
            if which != "turn" and not depends:
                continue
            for flags in (ADD_GENERATION_PROMPT | HAS_TIME,
                          HAS_TIME | NO_THINKING):
                if flags & NO_THINKING and not asks:
                    continue
                yield {"name": f"{name}/{which}/{flags}", "template": text,
                       "messages": conversation, "flags": flags, "time": TIME,
                       **render(text, conversation, flags)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--templates", type=pathlib.Path, metavar="FOLDER",
                        help="templates to use instead of those of this file")
    parser.add_argument("-o", "--output", type=pathlib.Path,
                        help="file to write (default: standard output)")
    arguments = parser.parse_args()
    templates = {**CONSTRUCTS, **FORMATS}
    if arguments.templates:
        templates = {path.stem: path.read_text(encoding="utf-8")
                     for path in sorted(arguments.templates.glob("*.jinja"))}
    cases = list(make_cases(templates))
    # One case a line: differences are readable.
    text = "[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n"
    if arguments.output:
        arguments.output.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
