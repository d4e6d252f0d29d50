using System.Text.Json;

namespace Gemma.Runtime.Tests.Prompts.Jinja;

/// <summary>Filters and tests that published templates seldom use. The results are those of jinja2 3.1.6; null is an error.</summary>
public sealed class JinjaFilterTests
{
    private static readonly JsonElement Variables = JsonElement.Parse(
        """{"people": [{"g": "a", "n": 1}, {"g": "b", "n": 2}, {"g": "A", "n": 3}], "d": {"b": 2, "a": [{"z": 1, "c": 2}]}}""");

    [Theory]
    [InlineData("{% for g in people|groupby('g') %}{{ g.grouper }}:{{ g.list|length }} {% endfor %}", "a:2 b:1 ")]
    [InlineData("{% for k, v in people|groupby('g') %}{{ k }}:{{ v|length }} {% endfor %}", "a:2 b:1 ")]
    [InlineData("{{ people|groupby('g')|map(attribute='grouper')|join(',') }} {{ (people|groupby('g'))[0]['grouper'] }}", "a,b a")]
    [InlineData("{{ people|groupby('g')|map('first')|list }} {{ (people|groupby('n')|first)[0] }}", "['a', 'b'] 1")]
    [InlineData("{{ [1,2,3,4]|slice(2,'x')|list }}", "[[1, 2, 'x'], [3, 4, 'x']]")]
    [InlineData("{{ [1,2,3,4,5]|slice(3,'x')|list }} {{ []|slice(2,'x')|list }}", "[[1, 2], [3, 4], [5, 'x']] [['x'], ['x']]")]
    [InlineData("{{ people|sort(attribute='nope')|map(attribute='n')|list }} {{ [none,none]|sort }} {{ [{},{}]|sort }}", "[1, 2, 3] [None, None] [{}, {}]")]
    [InlineData("{{ [3,1,2]|sort }} {{ people|sort(attribute='g,n')|map(attribute='n')|list }}", "[1, 2, 3] [1, 3, 2]")]
    [InlineData("{{ [none,1]|sort }}", null)]
    [InlineData("{{ d|pprint }} {{ {none:1,'a':2,1:3,(1,2):4,0.5:5}|pprint }}",
        "{'a': [{'c': 2, 'z': 1}], 'b': 2} {None: 1, 0.5: 5, 1: 3, 'a': 2, (1, 2): 4}")]
    [InlineData("{{ 'a\U0001F600b \u3042\u0301x \U0001D400y e\u0301 a\u200db'|wordcount }} {{ 'a\u0301b c_d 1\u00bd \u2460'|wordcount }}", "8 5")]
    [InlineData("{{ missing|indent }}", null)]
    [InlineData("{{ 5|indent }}", null)]
    [InlineData("{{ 'a\nb\n\nc'|indent(2) }}", "a\n  b\n\n  c")]
    [InlineData("{{ '-0x1f'|int(base=16) }} {{ '4.7'|int(0,16) }} {{ '0X1F'|int(0,0) }} {{ '+1f'|int(0,16) }} {{ '0b1'|int(0,16) }}", "-31 4 31 31 177")]
    [InlineData("{{ '017'|int(0,8) }} {{ '1_0'|int(0,16) }} {{ '0x_1'|int(0,16) }} {{ '0x'|int(3,16) }} {{ '1__0'|int(3,16) }} {{ '_1'|int(3,16) }}",
        "15 16 1 3 3 3")]
    [InlineData("{{ '5'|int(7,1) }} {{ '010'|int(7,0) }} {{ '-12'|int(7,0) }} {{ 'zz'|int(3,36) }} {{ '1e3'|int(0,8) }} {{ '0x1f'|int(0,10) }}",
        "5 10 -12 1295 1000 0")]
    [InlineData("{{ 1.7|filesizeformat }}, {{ -0.3|filesizeformat }}, {{ 999.9|filesizeformat }}, {{ -5000|filesizeformat }}",
        "1 Bytes, 0 Bytes, 999 Bytes, -5000 Bytes")]
    [InlineData("{{ missing is callable }} {{ none is callable }} {{ range is callable }} {{ cycler('a') is callable }}", "True False True False")]
    [InlineData("{{ namespace(_x=1)._x }}|{{ namespace(_x=1)['_x'] }}|{{ namespace(_x=1)|attr('_x') }}|{{ namespace(x=1)['x'] }}|{{ {'_x':1}._x }}", "|||1|1")]
    [InlineData("{{ {'a':1}|urlencode }} {{ {'a b':'c/d&e~','x':none}|urlencode }} {{ [('a',1),('b','\u00fc')]|urlencode }}",
        "a=1 a+b=c%2Fd%26e~&x=None a=1&b=%C3%BC")]
    [InlineData("{{ 'a/b c&d~'|urlencode }} {{ 5|urlencode }} {{ []|urlencode }}{{ missing|urlencode }}", "a/b%20c%26d~ 5 ")]
    [InlineData("{{ [1]|urlencode }}", null)]
    [InlineData("{{ (people|selectattr('n')|reverse)[0].n }} {{ (d|items|reverse)[0][0] }} {{ people|map('string')|reverse|length }}", "3 a 3")]
    [InlineData("{{ ([1,2]|reverse)[0] }}", "")]
    [InlineData("{% macro m(x, n=n) %}[{{ n }}{{ x }}]{% endmacro %}{% set n = 9 %}{{ m(1) }}", "[1]")]
    [InlineData("{% macro m(a=b, b=1) %}{{ a }}{{ b }}{% endmacro %}{% set b = 9 %}{{ m() }} {{ m(b=2) }}", "1 22")]
    [InlineData("{{ 10**30 * 1.0 }} {{ 99999999999999999999|float }} {{ 9007199254740993 / 1 }}", "1e+30 1e+20 9007199254740992.0")]
    [InlineData("{{ '{:<05}'.format(5) }} {{ '{:>08}'.format('a') }} {{ '{:*<05}'.format(5) }} {{ '{:05}'.format(-5) }}", "50000 0000000a 5**** -0005")]
    public void Render_Filters_GivesWhatJinja2Gives(string template, string? expected)
    {
        if (expected is null) Assert.Throws<ChatTemplateException>(() => Render(template));
        else Assert.Equal(expected, Render(template));
    }

    private static string Render(string template) => TemplateGoldens.Render(template, TemplateGoldens.Variables(Variables)).Flat;
}
