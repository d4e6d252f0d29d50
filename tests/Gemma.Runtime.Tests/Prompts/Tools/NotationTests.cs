using System.Text.Json;
using Gemma.Runtime.Prompts.Tools;
using Gemma.Tests;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Tests.Prompts.Tools;

/// <summary>Calls and thoughts in the notation of FunctionGemma and Gemma 4, however the text is cut.</summary>
public sealed class NotationTests
{
    private const string FunctionGemma = "<start_function_call>call:get_weather{city:<escape>Bern<escape>,days:<escape>2<escape>}<end_function_call>";

    private static readonly AIFunctionDeclaration[] Functions =
        [AIFunctionFactory.CreateDeclaration("get_weather", null,
            JsonElement.Parse("""
                {"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"},"zip":{"type":"string"},
                 "maybe":{"type":["integer","null"]},"name":{"anyOf":[{"type":"string"},{"type":"null"}]},"tags":{"type":"array","items":{"type":"string"}},
                 "place":{"type":"object","properties":{"row":{"type":"integer"},"seat":{"type":"string"}}},"sure":{"type":"boolean"}}}
                """))];

    // Where transformers gives up and a runtime should not.
    private static readonly Dictionary<string, string> Better = new()
    {
        ["call-spaces"] = """f {"a":1,"b":"x"}""",
        ["call-name-with-dash"] = """my-tool {"a":1}""",
        ["call-bare-text"] = """f {"a":"Bern"}""",
        ["call-cut"] = "f !",
    };

    [Theory]
    [InlineData("<|tool_call>call:get_weather{city:", 64, "}<tool_call|>")]
    [InlineData("{\"name\":\"get_weather\",\"parameters\":{\"city\":", 63, "}}")]
    [InlineData("[get_weather(city=", 65, ")]")]
    public void Append_NestedDeeperThanJsonMayBe_IsAMalformedCall(string before, int depth, string after) =>
        Assert.Equal("get_weather !", Parse([before + new string('[', depth) + new string(']', depth) + after], ThoughtMarks.Gemma4, Functions));

    [Fact]
    public void Append_RepliesOfGemma4_GiveWhatTransformersReads()
    {
        var cases = JsonElement.Parse(File.ReadAllBytes(SharedData.Require("goldens-gemma4", "parse.json")));
        foreach (var item in cases.EnumerateArray())
        {
            // What ends a reply are stop tokens, which are no text.
            var reply = item.GetProperty("text").GetString()!;
            foreach (var end in (string[])["<turn|>", "<|tool_response>", "<eos>"]) reply = reply.Replace(end, string.Empty, StringComparison.Ordinal);
            var id = item.GetProperty("id").GetString()!;
            var expected = Better.TryGetValue(id, out var better)
                ? better
                : Shown(item.GetProperty("parsed")).Replace("-2500.0", "-2500", StringComparison.Ordinal);
            for (var cut = 0; cut <= reply.Length; cut++)
                Assert.Equal($"{id}: {expected}", $"{id}: {Parse([reply[..cut], reply[cut..]], ThoughtMarks.Gemma4, [])}");
        }
    }

    [Theory]
    [InlineData(FunctionGemma, """get_weather {"city":"Bern","days":2}""")]
    [InlineData("I look. " + FunctionGemma + "\n" + FunctionGemma,
        """text I look. |get_weather {"city":"Bern","days":2}|get_weather {"city":"Bern","days":2}""")]
    [InlineData("<start_function_call>call:get_weather{zip:8001,city:Bern", "get_weather !")]
    [InlineData("<start_function_call>call:get_weather{zip:8001,city:Bern<end_function_call>", """get_weather {"zip":"8001","city":"Bern"}""")]
    [InlineData("<start_function_call>call:get_weather{city:<escape>Bern<end_function_call>", "get_weather !")]
    [InlineData("<|tool_call>call:get_weather{}<tool_call|><tool_call|>", "get_weather {}")]
    [InlineData("<|tool_call>call:get_weather{city:[{a:{b:[1,true,null,x]}}]}<tool_call|>", """get_weather {"city":[{"a":{"b":[1,true,null,"x"]}}]}""")]
    [InlineData("<|tool_call>call:get_weather{id:12345678901234567890,price:0.12345678901234567890,near:1.50,far:-2.5e3,zip:98765432109876543210}<tool_call|>",
        """get_weather {"id":12345678901234567890,"price":0.12345678901234567890,"near":1.5,"far":-2500,"zip":"98765432109876543210"}""")]
    [InlineData("<|tool_call>call:get_weather{days:<|\"|>12345678901234567890<|\"|>}<tool_call|>", """get_weather {"days":12345678901234567890}""")]
    [InlineData("```tool_code\nget_weather(city=12345678901234567890, days=-0.12345678901234567890)\n```",
        """get_weather {"city":12345678901234567890,"days":-0.12345678901234567890}""")]
    [InlineData("<|tool_call>call:get_weather{zip:08001,city:+41791234567}<tool_call|>", """get_weather {"zip":"08001","city":"+41791234567"}""")]
    [InlineData("<|tool_call>call:get_weather{zip:1.50,city:1e3,name:007,sure:True}<tool_call|>",
        """get_weather {"zip":"1.50","city":"1e3","name":"007","sure":true}""")]
    [InlineData("<|tool_call>call:get_weather{maybe:<|\"|>5<|\"|>,tags:[1,2],place:{row:<|\"|>3<|\"|>,seat:4},name:null}<tool_call|>",
        """get_weather {"maybe":5,"tags":["1","2"],"place":{"row":3,"seat":"4"},"name":null}""")]
    [InlineData("<|tool_call>call:get_weather{days:1}<|tool_call>call:get_weather{days:2}<tool_call|>", """get_weather {"days":1}|get_weather {"days":2}""")]
    [InlineData("<|tool_call>call:get_weather{days:1}\n<|tool_call>call:get_weather{days:2}", """get_weather {"days":1}|get_weather {"days":2}""")]
    [InlineData("<|tool_call>\ncall:get_weather{days:1}\n<tool_call|>", """get_weather {"days":1}""")]
    [InlineData("<|tool_call>call:get_weather()<tool_call|>", "get_weather {}")]
    [InlineData("<start_function_call>no call", "text <start_function_call>no call")]
    [InlineData("<|tool_call>call:", "text <|tool_call>call:")]
    [InlineData("<start> <|too", "text <start> <|too")]
    public void Append_Notation_GivesCallsAndText(string reply, string expected)
    {
        for (var cut = 0; cut <= reply.Length; cut++) Assert.Equal(expected, Parse([reply[..cut], reply[cut..]], null, Functions));
        Assert.Equal(expected, Parse(reply.Select(c => c.ToString()), null, Functions));
    }

    [Theory]
    [InlineData("<think>\nI think.\n\nLong. </think>\n\nHello.", "thought I think.\n\nLong.|text Hello.")]
    [InlineData(" \n<think>a</think> \n<think></think>c", "thought a|text c")]
    [InlineData("<think></think>Hello <think> again", "text Hello <think> again")]
    [InlineData("<think>a < b </thin c", "thought a < b </thin c")]
    [InlineData("<think>cut </thi", "thought cut")]
    [InlineData("<thi", "text <thi")]
    [InlineData("  Hello", "text   Hello")]
    [InlineData("Hello", "text Hello")]
    [InlineData("", "")]
    public void Append_Thoughts_AreToldFromTheAnswer(string reply, string expected)
    {
        for (var cut = 0; cut <= reply.Length; cut++) Assert.Equal(expected, Parse([reply[..cut], reply[cut..]], ThoughtMarks.Think, []));
        Assert.Equal(expected, Parse(reply.Select(c => c.ToString()), ThoughtMarks.Think, []));
    }

    [Theory]
    [InlineData("Hello.<|channel>thought\nHm.\n<channel|>World.", "text Hello.|thought Hm.|text World.")]
    [InlineData("a<|channel>b<channel|> c <|channel>thought\nd", "text a|thought b|text c |thought d")]
    [InlineData("<|tool_call>call:get_weather{days:1}<tool_call|><|channel>thought\nHm.<channel|>Bye", """get_weather {"days":1}|thought Hm.|text Bye""")]
    [InlineData("<|tool_call>call:get_weather{city:<|\"|><tool_call|>a<|channel>b<|\"|>}<tool_call|>c",
        """get_weather {"city":"<tool_call|>a<|channel>b"}|text c""")]
    [InlineData("<channel|>Hello <|tool_call>", "text Hello ")]
    public void Append_ControlTokens_BeginThoughtsAnywhereButInCalls(string reply, string expected)
    {
        var tokenizer = MarkedTokenizer.Load();
        var marks = ReplyMarks.Create(tokenizer, null);
        var shown = marks.Tokens.Aggregate(reply, (text, token) => text.Replace(tokenizer.GetPiece(token.Key)!, $"{token.Value}", StringComparison.Ordinal));
        for (var cut = 0; cut <= shown.Length; cut++)
        {
            var parser = new ReplyParser(new ThoughtSplitter(marks.Thoughts!, isOpen: false, marks), new ToolCallParser(Functions, true, marks: marks));
            var actual = Shown(Contents([shown[..cut], shown[cut..]], parser));
            foreach (var (id, mark) in marks.Tokens)
            {
                foreach (var written in (string[])[$"\\u{(int)mark:X4}", $"{mark}"])
                    actual = actual.Replace(written, tokenizer.GetPiece(id), StringComparison.Ordinal);
            }

            Assert.Equal(expected, actual);
        }
    }

    [Fact]
    public void Append_PromptThatBeganAThought_ReplyIsInIt() =>
        Assert.Equal("thought I think.|text Hello.",
            Shown(Contents(["I think.", "</think>\nHello."], new ReplyParser(new ThoughtSplitter(ThoughtMarks.Think, isOpen: true), null))));

    [Fact]
    public void Append_RandomMixturesAndCuts_GiveTheSameAsTheWhole()
    {
        var random = new Random(11);
        string[] pieces = ["<|tool_call>", "call:", "get_weather", "{", "}", "city:", "<|\"|>", "x", ",", "<tool_call|>", "<start_function_call>", "<escape>",
            "<end_function_call>", "<think>", "</think>", " ", "\n", "<tool_call>", "{\"name\": \"get_weather\"", "</tool_call>"];
        for (var round = 0; round < 3000; round++)
        {
            var reply = string.Concat(Enumerable.Range(0, random.Next(1, 14)).Select(_ => pieces[random.Next(pieces.Length)]));
            List<string> cuts = [];
            for (var place = 0; place < reply.Length;)
            {
                var length = Math.Min(random.Next(1, 9), reply.Length - place);
                cuts.Add(reply.Substring(place, length));
                place += length;
            }

            Assert.Equal(Parse([reply], ThoughtMarks.Think, Functions), Parse(cuts, ThoughtMarks.Think, Functions));
        }
    }

    private static string Parse(IEnumerable<string> pieces, ThoughtMarks? thoughts, AIFunctionDeclaration[] functions) =>
        Shown(Contents(pieces,
            new ReplyParser(thoughts is null ? null : new ThoughtSplitter(thoughts, isOpen: false), new ToolCallParser(functions, allowMultiple: true))));

    private static List<AIContent> Contents(IEnumerable<string> pieces, ReplyParser parser) => [.. pieces.SelectMany(parser.Append), .. parser.Flush()];

    private static string Shown(List<AIContent> contents)
    {
        List<(string Kind, string Text)> shown = [];
        foreach (var content in contents)
        {
            var (kind, text) = content switch
            {
                FunctionCallContent { Exception: not null } call => (call.Name, "!"),
                FunctionCallContent call => (call.Name, JsonSerializer.Serialize(call.Arguments, Plain)),
                TextReasoningContent thought => ("thought", thought.Text),
                _ => ("text", ((TextContent)content).Text),
            };
            if (kind is "thought" or "text" && shown.Count > 0 && shown[^1].Kind == kind) shown[^1] = (kind, shown[^1].Text + text);
            else shown.Add((kind, text));
        }

        return string.Join('|', shown.Select(part => $"{part.Kind} {part.Text}"));
    }

    private static readonly JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Shown(JsonElement parsed)
    {
        List<string> parts = [];
        if (parsed.TryGetProperty("thinking", out var thinking)) parts.Add($"thought {thinking.GetString()}");
        if (parsed.TryGetProperty("content", out var text)) parts.Add($"text {text.GetString()}");
        if (parsed.TryGetProperty("tool_calls", out var calls))
        {
            parts.AddRange(calls.EnumerateArray().Select(call => call.GetProperty("function"))
                .Select(call => $"{call.GetProperty("name")} {JsonSerializer.Serialize(call.GetProperty("arguments"), Plain)}"));
        }
        return string.Join('|', parts);
    }
}
