using System.CommandLine;
using System.IO.Compression;
using Gemma.Tokenization;
using Microsoft.ML.Tokenizers;
using Spectre.Console;

namespace Gemma.Benchmarks.Tokenization;

/// <summary><c>tokenizer</c>: loading, encoding and decoding on one thread, beside Microsoft.ML.Tokenizers in the same run.</summary>
internal static class TokenizerCommand
{
    private static readonly TimeSpan MinTime = TimeSpan.FromMilliseconds(20);

    public static Command Create()
    {
        var data = new Option<string>("--data")
        {
            Description = "The folder with the vocabularies and corpus.txt.",
            DefaultValueFactory = _ => Path.Combine("..", "shared", "gemma-tokenizer"),
        };
        var vocabulary = new Option<string>("--vocabulary") { Description = "gemma1, gemma3 or tiny.", DefaultValueFactory = _ => "gemma1" };
        var repeats = new Option<int>("--repeats") { Description = "Measurements of each; the median is shown.", DefaultValueFactory = _ => 5 };
        var command = new Command("tokenizer", "Measures the tokenizer against Microsoft.ML.Tokenizers.") { data, vocabulary, repeats };
        command.SetAction(parsed => Run(parsed.GetRequiredValue(data), parsed.GetRequiredValue(vocabulary), parsed.GetValue(repeats)));
        return command;
    }

    private static void Run(string data, string vocabulary, int repeats)
    {
        var folder = Directory.CreateTempSubdirectory("gemma-benchmark-").FullName;
        try
        {
            var json = Unpack(data, folder, vocabulary, "json");
            var model = Unpack(data, folder, vocabulary, "model");
            var table = new Table().AddColumns("what", "ours, CPU ms", "Microsoft.ML.Tokenizers, CPU ms", "ratio");

            // The first load of a process is what a user waits for; it comes before anything is compiled or warm.
            var firstLoad = Time(() => GemmaTokenizer.Load(model));
            var firstPeer = Time(() => LoadPeer(model));
            Add(table, "load tokenizer.model, first", firstLoad, firstPeer);
            Add(table, "load tokenizer.model", Median(repeats, () => GemmaTokenizer.Load(model)), Median(repeats, () => LoadPeer(model)));
            Add(table, "load tokenizer.json", Median(repeats, () => GemmaTokenizer.Load(json)), null);

            var (tokenizer, peer) = (GemmaTokenizer.Load(json), LoadPeer(model));
            var text = File.ReadAllText(Path.Combine(data, "corpus.txt"));
            var lines = text.Split('\n');
            var ids = tokenizer.Encode(text, addSpecialTokens: false, recognizeControlTokens: true);
            var buffer = new int[ids.Length];
            Compare(table, $"encode {text.Length / 1000} k characters", repeats, () => tokenizer.TryEncode(text, buffer, out _, false, true),
                () => peer.EncodeToIds(text, addBeginningOfSentence: false, addEndOfSentence: false));
            Compare(table, $"encode its {lines.Length} lines", repeats, () => EncodeLines(tokenizer, lines, buffer), () => EncodeLines(peer, lines));
            Compare(table, $"decode {ids.Length / 1000} k ids", repeats, () => tokenizer.Decode(ids, skipSpecialTokens: false), () => peer.Decode(ids));
            foreach (var (name, word) in new[] { ("\"a\" x 10,000", new string('a', 10_000)), ("\"a\" x 100,000", new string('a', 100_000)),
                    ("5,000 emojis", string.Concat(Enumerable.Repeat("😀", 5_000))) })
                Compare(table, name, repeats, () => tokenizer.Encode(word, addSpecialTokens: false, recognizeControlTokens: true), word.Length > 10_000
                    ? null
                    : () => peer.EncodeToIds(word, addBeginningOfSentence: false, addEndOfSentence: false));

            // The pool may have let go of its scratch memory since.
            tokenizer.TryEncode(text, buffer, out _, false, true);
            var before = GC.GetAllocatedBytesForCurrentThread();
            tokenizer.TryEncode(text, buffer, out _, false, true);
            AnsiConsole.Write(table);
            AnsiConsole.WriteLine(
                $"{vocabulary}, medians of {repeats}; bytes allocated by encoding into a supplied buffer: {GC.GetAllocatedBytesForCurrentThread() - before}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Unpack(string data, string target, string vocabulary, string format)
    {
        var folder = Directory.CreateDirectory(Path.Combine(target, format)).FullName;
        var source = Path.Combine(data, $"{vocabulary}.tokenizer.{format}");
        using var output = File.Create(Path.Combine(folder, "tokenizer." + format));
        using var input = File.Exists(source) ? File.OpenRead(source) : (Stream)new GZipStream(File.OpenRead(source + ".gz"), CompressionMode.Decompress);
        input.CopyTo(output);
        return folder;
    }

    private static SentencePieceTokenizer LoadPeer(string folder)
    {
        using var stream = File.OpenRead(Path.Combine(folder, "tokenizer.model"));
        return SentencePieceTokenizer.Create(stream, addBeginningOfSentence: false, addEndOfSentence: false);
    }

    private static void EncodeLines(GemmaTokenizer tokenizer, string[] lines, int[] buffer)
    {
        foreach (var line in lines) tokenizer.TryEncode(line, buffer, out _, addSpecialTokens: false, recognizeControlTokens: true);
    }

    private static void EncodeLines(SentencePieceTokenizer tokenizer, string[] lines)
    {
        foreach (var line in lines) tokenizer.EncodeToIds(line, addBeginningOfSentence: false, addEndOfSentence: false);
    }

    // The two take turns, so that what else the machine does hits both.
    private static void Compare(Table table, string what, int repeats, Action ours, Action? peer)
    {
        List<double> own = [];
        List<double> other = [];
        for (var i = 0; i < repeats + 2; i++)
        {
            var (a, b) = (Time(ours), peer is null ? 0 : Time(peer));
            if (i < 2) continue;
            own.Add(a);
            other.Add(b);
        }

        Add(table, what, Statistics.Median(own), peer is null ? null : Statistics.Median(other));
    }

    private static void Add(Table table, string what, double ours, double? peer) =>
        table.AddRow(Markup.Escape(what), $"{ours * 1000:F2}", peer is null ? "-" : $"{peer * 1000:F2}", peer is null ? "-" : $"{peer / ours:F1}");

    private static double Median(int repeats, Action action) => Statistics.Median(Enumerable.Range(0, repeats).Select(_ => Time(action)));

    // Processor time, because a busy machine stretches the clock; short actions are repeated until it can be measured.
    private static double Time(Action action)
    {
        var start = Environment.CpuUsage.TotalTime;
        for (var count = 1; ; count++)
        {
            action();
            var elapsed = Environment.CpuUsage.TotalTime - start;
            if (elapsed >= MinTime) return elapsed.TotalSeconds / count;
        }
    }
}
