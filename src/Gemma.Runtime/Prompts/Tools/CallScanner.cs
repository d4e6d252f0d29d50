using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>Finds, one character at a time, the end of what may be a call, and reads it.</summary>
/// <param name="input">What is held of the reply.</param>
/// <param name="start">Where in it the scanned text begins.</param>
/// <param name="reader">Reads calls in JSON and in Python's notation.</param>
internal abstract class CallScanner(ScanBuffer input, int start, ToolCallReader reader)
{
    /// <summary>What closes the block in which the calls stood and is still to come, or null.</summary>
    public virtual string? Closing => null;

    /// <summary>How many of the last characters belong to what comes behind the call.</summary>
    public virtual int Excess => 0;

    /// <summary>What is held of the reply.</summary>
    protected ScanBuffer Input => input;

    /// <summary>Where in it the scanned text begins.</summary>
    protected int Start => start;

    /// <summary>The text so far.</summary>
    protected ReadOnlySpan<char> Held => input.Slice(start, Length);

    /// <summary>How many characters were taken.</summary>
    protected int Length { get; private set; }

    /// <summary>Reads calls in JSON and in Python's notation.</summary>
    protected ToolCallReader Reader => reader;

    /// <summary>Takes the next character.</summary>
    public CallVerdict Push(char next)
    {
        Length++;
        return Scan(next);
    }

    /// <summary>The calls of the text so far, complete or (at the reply's end) cut off; empty if it is none.</summary>
    public abstract IReadOnlyList<FunctionCallContent> Read();

    /// <summary>How much of the text, which is no call, is certainly text. In the rest a call may begin.</summary>
    public virtual int Release() => 1;

    /// <summary>Judges the next character, which is the last one held.</summary>
    protected abstract CallVerdict Scan(char next);

    /// <summary>Hands the text so far, and from now on every character, to another scanner.</summary>
    protected CallVerdict Replay(CallScanner inner)
    {
        var verdict = CallVerdict.Undecided;
        foreach (var held in Held) verdict = inner.Push(held);
        return verdict;
    }
}
