using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gemma.Runtime.Prompts.Jinja;
using Gemma.Runtime.Prompts.Jinja.Values;
using Gemma.Tests;

namespace Gemma.Runtime.Tests.Prompts.Jinja;

public sealed class JinjaHostileTests
{
    private static readonly string[] ControlTokens = ["<bos>", "<end_of_turn>", "<|user|>"];

    [Fact]
    public void Render_HostileTemplates_EndAsTheyMust()
    {
        var goldens = TemplateGoldens.Read("hostile.json");
        var tests = goldens.GetProperty("tests");
        List<string> differences = [];
        foreach (var test in tests.EnumerateArray())
        {
            if (Difference(test, Run(Source(test), goldens)) is { } difference) differences.Add($"{test.GetProperty("id").GetString()}: {difference}");
        }

        TokenizerSource.AssertNone(differences, tests.GetArrayLength());
    }

    [Fact]
    public void Render_EndlessWork_TakesLessThan64MegabytesAndStopsWhenCancelled()
    {
        const string Endless = "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}";
        var template = JinjaTemplate.Parse(Endless);
        Assert.Throws<OperationCanceledException>(() =>
            template.Render(new Dictionary<string, JinjaValue>(), TimeProvider.System, new CancellationToken(canceled: true)));

        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var source in (string[])[Endless, "{% set ns = namespace(x=['a']) %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
            "{{ range(100000) | join('x' * 1000) }}",
            "{% set ns = namespace(x='ab') %}{% for i in range(100) %}{% set ns.x = ns.x ~ '-' ~ ns.x %}{% endfor %}{{ ns.x | length }}"])
        {
            Assert.Throws<ChatTemplateException>(() =>
                JinjaTemplate.Parse(source).Render(new Dictionary<string, JinjaValue>(), TimeProvider.System, CancellationToken.None));
            Assert.InRange(GC.GetTotalMemory(forceFullCollection: false) - before, long.MinValue, 64 << 20);
        }
    }

    private static string Source(JsonElement test)
    {
        var source = new StringBuilder();
        foreach (var part in test.GetProperty("template").EnumerateArray())
        {
            if (part.ValueKind == JsonValueKind.String) source.Append(part.GetString());
            else source.Insert(source.Length, part.GetProperty("repeat").GetString()!, part.GetProperty("times").GetInt32());
        }

        return source.ToString();
    }

    // The processor's time, not the clock's: other tests run beside.
    private static (TextValue? Text, string? Error, TimeSpan Time) Run(string source, JsonElement goldens)
    {
        TextValue? text = null;
        string? error = null;
        var watch = Stopwatch.StartNew();
        var thread = new Thread(() =>
        {
            try
            {
                text = TemplateGoldens.Render(source, TemplateGoldens.Variables(goldens.GetProperty("variables")));
            }
            catch (ChatTemplateException e)
            {
                error = e.Message;
            }
        });
        thread.Start();
        thread.Join();
        return (text, error, watch.Elapsed);
    }

    private static string? Difference(JsonElement test, (TextValue? Text, string? Error, TimeSpan Time) result)
    {
        var (text, error, time) = result;
        var must = test.GetProperty("must").GetString();
        if (time > TimeSpan.FromSeconds(60)) return $"took {time}";
        if (must == "error") return error is null ? $"gives a text of {text!.Length} characters; an error must come" : null;
        if (must == "same" && !IsSame(test.GetProperty("jinja2"), text, error)) return $"gives '{error ?? text!.Flat}'";
        if (must == "same or error"
            && error is null
            && !test.GetProperty("jinja2").TryGetProperty("stopped", out _)
            && !IsSame(test.GetProperty("jinja2"), text, error)) return $"gives '{text!.Flat}'";
        if (text is not null && (text.Flat.Contains("System.", StringComparison.Ordinal) || text.Flat.Contains("Gemma.", StringComparison.Ordinal)))
            return $"shows a type of the host: {text.Flat}";
        if (text is null || !test.TryGetProperty("control", out var control)) return null;
        var expected = control.EnumerateArray().Select(item => item.GetString()!);
        var found = Control(text);
        return found.SequenceEqual(expected) ? null : $"has the control tokens {string.Join(' ', found)}, expected {string.Join(' ', expected)}";
    }

    private static bool IsSame(JsonElement jinja2, TextValue? text, string? error)
    {
        if (jinja2.TryGetProperty("error", out _)) return error is not null;
        if (text is null) return false;
        if (jinja2.TryGetProperty("output", out var output)) return text.Flat == output.GetString();
        return text.Length == jinja2.GetProperty("output_chars").GetInt32()
            && Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.Flat))) == jinja2.GetProperty("output_sha256").GetString();
    }

    // As PromptParts finds them, in the runs of template text.
    private static List<string> Control(TextValue text)
    {
        List<string> found = [];
        var run = new StringBuilder();
        foreach (var piece in text.Pieces)
        {
            if (piece.Origin.IsTemplate) run.Append(piece.Span);
            else Search();
        }

        Search();
        return found;

        void Search()
        {
            var rest = run.ToString();
            for (var i = 0; i < rest.Length; i++)
            {
                if (Array.Find(ControlTokens, token => rest.AsSpan(i).StartsWith(token)) is { } hit) found.Add(hit);
            }

            run.Clear();
        }
    }
}
