using System.Text;
using System.Text.Json;
using Gemma.Runtime.Prompts.Tools;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Prompts.Tools;

/// <summary>Calls are found in all their spellings however the text is cut; nothing of a call shows as text, and other text streams.</summary>
public sealed class ToolCallParserTests
{
    private const string Paris = """{"name": "get_weather", "parameters": {"city": "Paris"}}""";

    private static readonly AIFunctionDeclaration[] Functions =
    [
        Declare("get_weather", """{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city"]}"""),
        Declare("get_date", """{"type":"object","properties":{}}"""),
        Declare("Light-TurnOn", """{"type":"object","properties":{"room":{"type":"string"}}}"""),
    ];

    // Input, and what it gives: text as it is, calls in angle brackets with their arguments as JSON, "!" for an exception.
    public static TheoryData<string, string> Replies => new()
    {
        // The model's own form and the other keys.
        { Paris, "<get_weather{\"city\":\"Paris\"}>" },
        { "\n " + Paris + "\n\n", "<get_weather{\"city\":\"Paris\"}>" },
        { """{"name":"get_weather","arguments":{"city":"São \"P\" {\n}"}}""", "<get_weather{\"city\":\"São \\u0022P\\u0022 {\\n}\"}>" },
        { """{"args":{"city":"Rome","days":3},"name":"get_weather"}""", "<get_weather{\"city\":\"Rome\",\"days\":3}>" },
        { """{"id":"1","type":"function","name":"get_weather","arguments":"{\"city\":\"Rome\"}"}""", "<get_weather{\"city\":\"Rome\"}>" },
        { """{"name": "get_date", "parameters": {}}""", "<get_date{}>" },
        { """{"name": "get_date"}""", "<get_date{}>" },
        { """{"name": "get_date", "parameters": null}""", "<get_date{}>" },
        { """{"name": "Light-TurnOn", "parameters": {"room": null}}""", "<Light-TurnOn{\"room\":null}>" },
        { """{"name": "get_weather", "parameters": {"city": "Paris",},}""", "<get_weather{\"city\":\"Paris\"}>" },
        { """{'name': 'get_weather', 'parameters': {'city': "it's", 'days': 2, 'x': [True, None]}}""",
            "<get_weather{\"city\":\"it\\u0027s\",\"days\":2,\"x\":[true,null]}>" },
        { """{"name": "get_weather", "parameters": {"city": "Paris"}, "confidence": {"a": [1]}}""", "<get_weather{\"city\":\"Paris\"}>" },

        // Several.
        { Paris + "\n" + Paris, "<get_weather{\"city\":\"Paris\"}><get_weather{\"city\":\"Paris\"}>" },
        { $"[{Paris}, {{\"name\": \"get_date\", \"parameters\": {{}}}}]", "<get_weather{\"city\":\"Paris\"}><get_date{}>" },
        { $"[ {Paris} ] and", "<get_weather{\"city\":\"Paris\"}> and" },

        // Fenced.
        { $"```json\n{Paris}\n```", "<get_weather{\"city\":\"Paris\"}>" },
        { $"I look.\n\n```json\n{Paris}\n```\nDone.", "I look.\n\n<get_weather{\"city\":\"Paris\"}>\nDone." },
        { $"```\n[{Paris},\n{Paris}]\n```", "<get_weather{\"city\":\"Paris\"}><get_weather{\"city\":\"Paris\"}>" },
        { $"```JSON\n{Paris}\n{Paris}\n```", "<get_weather{\"city\":\"Paris\"}><get_weather{\"city\":\"Paris\"}>" },
        { $"```json\n{Paris}", "<get_weather{\"city\":\"Paris\"}>" },
        { "```tool_code\nget_weather(city=\"Paris\")\n```", "<get_weather{\"city\":\"Paris\"}>" },
        { "```tool_code\nprint(default_api.get_weather(city='It\\'s', days=-3))\n```\n", "<get_weather{\"city\":\"It\\u0027s\",\"days\":-3}>" },
        { "```tool_code\n# two\nw = get_weather(city=\"\"\"a\nb\"\"\", days=None)\nget_date()\n```ok",
            "<get_weather{\"city\":\"a\\nb\",\"days\":null}><get_date{}>ok" },
        { "```tool_code\n[get_weather(\"Paris\", 2), get_date()]", "<get_weather{\"city\":\"Paris\",\"days\":2}><get_date{}>" },
        { "```tool_code\nprint(get_weather(city={\"a\": [1, 2.5, (True,)], 'b': {}}))\n```", "<get_weather{\"city\":{\"a\":[1,2.5,[true]],\"b\":{}}}>" },
        { $"```tool_code\n{Paris}\n```", "<get_weather{\"city\":\"Paris\"}>" },

        // Wrapped.
        { $"<tool_call>\n{Paris}\n</tool_call>", "<get_weather{\"city\":\"Paris\"}>" },
        { $"I look.\n<tool_call>{Paris}</tool_call>\n<tool_call>\n[{Paris}]\n</tool_call>\nDone.",
            "I look.\n<get_weather{\"city\":\"Paris\"}><get_weather{\"city\":\"Paris\"}>\nDone." },
        { "<tool_call>\n{\"name\": \"get_time\", \"arguments\": {}}\n{\"name\": \"get_date\", \"arguments\": {}}</tool_call>", "<get_time{}><get_date{}>" },
        { $"<tool_call>\n{Paris}\n</tool", "<get_weather{\"city\":\"Paris\"}>" },
        { "<tool_call>{\"name\": \"get_weather\", \"arg", "<get_weather!>" },
        { """{"type": "function", "function": {"name": "get_weather", "arguments": {"city": "Paris"}}}""", "<get_weather{\"city\":\"Paris\"}>" },
        { """[{"id":"1","type":"function","function":{"name":"get_date","arguments":"{}"}}, {"type":"function","function":{"name":"get_time","arguments":"{}"}}]""",
            "<get_date{}><get_time{}>" },
        { $"{{\"tool_calls\": [{Paris}, {{\"type\": \"function\", \"function\": {Paris}, \"index\": 0}}], \"content\": null}} So.",
            "<get_weather{\"city\":\"Paris\"}><get_weather{\"city\":\"Paris\"}> So." },
        { $"```json\n{{\"tool_calls\": [{Paris}]}}\n```", "<get_weather{\"city\":\"Paris\"}>" },
        { $"{{\"tool_calls\": [{Paris}", "<get_weather{\"city\":\"Paris\"}>" },

        // Half of a surrogate pair.
        { """{"name": "get_weather", "parameters": {"city": "P\ud83d", "\udc00": "\\ud83d \ud83d\ude00"}}""",
            "<get_weather{\"city\":\"P\\uFFFD\",\"\\uFFFD\":\"\\\\ud83d \\uD83D\\uDE00\"}>" },
        { "[get_weather(city='P\\ud83d')]", "<get_weather{\"city\":\"P\\uFFFD\"}>" },

        // Python's notation without a fence.
        { "[get_weather(city=\"Paris\", days=2), get_date()]", "<get_weather{\"city\":\"Paris\",\"days\":2}><get_date{}>" },
        { "[ default_api.get_date() ]", "<get_date{}>" },
        { "get_weather(city=\"Paris\")", "<get_weather{\"city\":\"Paris\"}>" },
        { "get_weather(city=\"Paris\")\nget_date()\n", "<get_weather{\"city\":\"Paris\"}><get_date{}>" },
        { "Light-TurnOn(room='kitchen')", "<Light-TurnOn{\"room\":\"kitchen\"}>" },

        // Text around calls.
        { $"Let me see: {Paris}", "Let me see: <get_weather{\"city\":\"Paris\"}>" },
        { $"{{{Paris}", "{<get_weather{\"city\":\"Paris\"}>" },
        { $"{Paris} So it is.", "<get_weather{\"city\":\"Paris\"}> So it is." },

        // Calls of functions nobody offered: only as a line of their own and with arguments.
        { """{"name": "get_time", "parameters": {"zone": "UTC"}}""", "<get_time{\"zone\":\"UTC\"}>" },
        { "Hm\n  {\"name\": \"get_time\", \"parameters\": {}}", "Hm\n  <get_time{}>" },
        { "```tool_code\nget_time(zone='UTC')\n```", "<get_time{\"zone\":\"UTC\"}>" },

        // Arguments that cannot be read.
        { """{"name": "get_weather", "parameters": {city: Paris}}""", "<get_weather!>" },
        { """{"name": "get_weather", "parameters": ["Paris"]}""", "<get_weather!>" },
        { """{"name": "get_weather", "parameters": "Paris"}""", "<get_weather!>" },
        { """{"name": "get_weather" "parameters": {"city": "Paris"}}""", "<get_weather!>" },
        { """{"name": "get_weather", "parameters": {"city": "Par""", "<get_weather!>" },
        { """{"name": "get_weather", "parameters": {"days": 1""", "<get_weather!>" },
        { """{"name": "get_weather", "parameters": {"city": "Paris"}""", "<get_weather{\"city\":\"Paris\"}>" },
        { "```tool_code\nget_weather(city=town)\nget_date()\n```", "<get_weather!><get_date{}>" },
        { "```tool_code\nget_date(1)\n```", "<get_date!>" },
        { "[get_weather(city=town)]", "<get_weather!>" },

        // Text that looks like one.
        { """{"name": "Bob", "age": 7}""", """{"name": "Bob", "age": 7}""" },
        { """{"name": "Bob"}""", """{"name": "Bob"}""" },
        { """He is {"name": "Bob", "parameters": {}}.""", """He is {"name": "Bob", "parameters": {}}.""" },
        { """[{"name": "get_weather", "description": "d", "parameters": {"type": "object"}}]""",
            """[{"name": "get_weather", "description": "d", "parameters": {"type": "object"}}]""" },
        { """{"parameters": {"a": 1}, "b": 2} {}""", """{"parameters": {"a": 1}, "b": 2} {}""" },
        { "```json\n{\"a\": 1}\n```", "```json\n{\"a\": 1}\n```" },
        { "```python\nget_weather(city=\"Paris\")\n```", "```python\nget_weather(city=\"Paris\")\n```" },
        { "```tool_code\nfor x in y: pass\n```", "```tool_code\nfor x in y: pass\n```" },
        { "```tool_code\nprint('hello')\n```", "```tool_code\nprint('hello')\n```" },
        { "Use `get_weather` or ``x`` [1], [a](b) {} [] [] ```", "Use `get_weather` or ``x`` [1], [a](b) {} [] [] ```" },
        { "get_weather(city) gives the weather.", "get_weather(city) gives the weather." },
        { "get_weathers", "get_weathers" },
        { "get_weather (a)", "get_weather (a)" },
        { "<tool_call>", "<tool_call>" },
        { "<tool_call>no call</tool_call> 3 < 4 <b>", "<tool_call>no call</tool_call> 3 < 4 <b>" },
        { """{"type": "function", "function": 3}""", """{"type": "function", "function": 3}""" },
        { """{"tool_calls": []}""", """{"tool_calls": []}""" },
        { """{"function": {"name": "Bob", "age": 7}}""", """{"function": {"name": "Bob", "age": 7}}""" },
        { "{\"na", "{\"na" },
        { "[[[{{{\"\"", "[[[{{{\"\"" },
        { "  \n", "  \n" },
        { "", "" },
    };

    [Theory]
    [MemberData(nameof(Replies))]
    public void Append_AnyCut_GivesTheSameTextAndCalls(string reply, string expected)
    {
        Assert.Equal(expected, Shown(Parse(reply, [reply.Length])));
        Assert.Equal(expected, Shown(Parse(reply, Enumerable.Repeat(1, reply.Length))));
        for (var cut = 1; cut < reply.Length; cut++) Assert.Equal(expected, Shown(Parse(reply, [cut, reply.Length - cut])));
    }

    [Fact]
    public void Append_RandomMixturesAndCuts_GiveTheSameAsTheWhole()
    {
        var random = new Random(7);
        string[] pieces = [Paris, "{", "}", "[", "]", "\"", "'", "```", "json\n", "tool_code\n", "get_weather(", "city='x'", ")", "\n", " ", "text",
            "\"name\": ", "\"get_date\"", ", ", "\"parameters\": {", ":", "\\", "😀", "print(", "`", "<tool_call>", "</tool_call>", "\"function\": {",
            "{\"tool_calls\": ["];
        for (var round = 0; round < 3000; round++)
        {
            var reply = string.Concat(Enumerable.Range(0, random.Next(1, 14)).Select(_ => pieces[random.Next(pieces.Length)]));
            var whole = Shown(Parse(reply, [reply.Length]));
            List<int> cuts = [];
            while (cuts.Sum() < reply.Length) cuts.Add(random.Next(1, Math.Min(9, reply.Length - cuts.Sum() + 1)));
            Assert.True(whole == Shown(Parse(reply, cuts)), $"{reply} in pieces of {string.Join(' ', cuts)}");
            if (!whole.Contains('<', StringComparison.Ordinal)) Assert.Equal(reply, whole);
        }
    }

    [Theory]
    [InlineData("The weather is fine. ", "The weather is fine. ")]
    [InlineData("Use {\"x", "Use {\"x")]
    [InlineData("Use {\"nam", "Use ")]
    [InlineData("{\"name\": \"Bob\", \"ag", "{\"name\": \"Bob\", \"ag")]
    [InlineData("He is {\"name\": \"B", "He is {\"name\": \"B")]
    [InlineData("A ``", "A ")]
    [InlineData("A ```py", "A ```py")]
    [InlineData("[get_x", "[get_x")]
    [InlineData("[get_w", "")]
    public void Append_TextThatCannotBecomeACall_StreamsAtOnce(string reply, string expected)
    {
        var parser = new ToolCallParser(Functions, allowMultiple: true);
        Assert.Equal(expected, string.Concat(reply.SelectMany(c => parser.Append(c.ToString()))));
    }

    [Theory]
    [InlineData("""{"name": "start", "parameters": {"speed": 3}}""", """{"name": "start", "parameters": {"speed": 3}}""")]
    [InlineData("""{"plan": [{"name": "get_date", "parameters": {}}]}""", """{"plan": [{"name": "get_date", "parameters": {}}]}""")]
    [InlineData(""" {"name": "get_date", "parameters": {}}""", "<get_date{}>")]
    [InlineData("""<tool_call>{"name": "get_date", "arguments": {}}</tool_call>""", "<get_date{}>")]
    [InlineData("""<tool_call>{"name": "start", "arguments": {}}</tool_call>""", """<tool_call>{"name": "start", "arguments": {}}</tool_call>""")]
    [InlineData("```tool_code\nstart(speed=3)\n```", "```tool_code\nstart(speed=3)\n```")]
    public void Append_ReplyWithAFormat_IsACallOfAnOfferedFunctionOrAllText(string reply, string expected)
    {
        for (var cut = 1; cut <= reply.Length; cut++)
        {
            var parser = new ToolCallParser(Functions, allowMultiple: true, isFormatted: true);
            Assert.Equal(expected, Shown([.. parser.Append(reply[..cut]), .. parser.Append(reply[cut..]), .. parser.Flush()]));
        }
    }

    [Fact]
    public void Append_CallsOneByOne_ComeWithDistinctIdsAsSoonAsTheyAreComplete()
    {
        var parser = new ToolCallParser(Functions, allowMultiple: true);
        var calls = Enumerable.Range(0, 50).Select(_ => Assert.IsType<FunctionCallContent>(Assert.Single(parser.Append(Paris + "\n")))).ToList();
        Assert.Equal(50, calls.Select(call => call.CallId).Distinct().Count());
        Assert.True(parser.HasCall);
        Assert.False(parser.IsFinished);
        Assert.Empty(parser.Flush());
    }

    [Fact]
    public void Append_OneCallAllowed_EndsWithTheFirst()
    {
        var parser = new ToolCallParser(Functions, allowMultiple: false);
        Assert.Single(parser.Append("Look: ").OfType<TextContent>());
        Assert.Single(parser.Append($"[{Paris},{Paris}] more {Paris}"));
        Assert.True(parser.IsFinished);
        Assert.Empty(parser.Append("more"));
        Assert.Empty(parser.Flush());
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[")]
    [InlineData("`")]
    [InlineData("{ [ ` ")]
    [InlineData("<tool_call>")]
    [InlineData("<tool_call>{")]
    [InlineData("{\"function\":")]
    [InlineData("{\"tool_calls\":[")]
    [InlineData("[{\"a\":")]
    [InlineData("{\"parameters\":")]
    [InlineData("{\"parameters\":[")]
    [InlineData("\n{\"name\":\"x\",\"parameters\":[\\\"")]
    [InlineData("\n{\"name\":\"x\",\"parameters\":{},\"a\":")]
    [InlineData("\n{\"name\":\"x\",\"parameters\":[}]}")]
    [InlineData("[get_date(")]
    [InlineData("```tool_code\n(")]
    public void Append_300KilobytesOfBeginnings_CostLinearTimeAndMemory(string beginning)
    {
        var reply = string.Concat(Enumerable.Repeat(beginning, 300_000 / beginning.Length));
        var parser = new ToolCallParser(Functions, allowMultiple: true);
        var (start, allocated) = (TimeProvider.System.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
        foreach (var piece in reply.Chunk(100)) parser.Append(new string(piece));
        parser.Flush();
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - allocated) >> 20, 0, 72);
        Assert.InRange(TimeProvider.System.GetElapsedTime(start).TotalSeconds, 0, 60);
    }

    [Fact]
    public void Append_CallAfterManyBeginnings_IsFound()
    {
        var beginnings = string.Concat(Enumerable.Repeat("{\"parameters\":", 400)) + string.Concat(Enumerable.Repeat("{ [ ` ", 2000));
        Assert.Equal(beginnings + "<get_weather{\"city\":\"Paris\"}>", Shown(Parse(beginnings + Paris, Enumerable.Repeat(3, beginnings.Length))));
    }

    private static AIFunctionDeclaration Declare(string name, string schema) => AIFunctionFactory.CreateDeclaration(name, name, JsonElement.Parse(schema));

    private static List<AIContent> Parse(string reply, IEnumerable<int> cuts)
    {
        var parser = new ToolCallParser(Functions, allowMultiple: true);
        List<AIContent> contents = [];
        var position = 0;
        foreach (var cut in cuts)
        {
            contents.AddRange(parser.Append(reply.Substring(position, Math.Min(cut, reply.Length - position))));
            position = Math.Min(position + cut, reply.Length);
        }

        contents.AddRange(parser.Flush());
        return contents;
    }

    private static string Shown(IEnumerable<AIContent> contents)
    {
        var text = new StringBuilder();
        foreach (var content in contents)
        {
            if (content is not FunctionCallContent call) text.Append(Assert.IsType<TextContent>(content).Text);
            else if (call.Exception is not null) text.Append('<').Append(call.Name).Append("!>");
            else text.Append('<').Append(call.Name).Append(JsonSerializer.Serialize(call.Arguments)).Append('>').Replace("\\u00E3", "ã");
        }

        return text.ToString();
    }
}
