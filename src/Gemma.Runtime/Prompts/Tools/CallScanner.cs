using System.Text;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>Finds, one character at a time, the end of what may be a call, and reads it. The text so far is kept by the scanner.</summary>
internal abstract class CallScanner(ToolCallReader reader)
{
    /// <summary>The text so far.</summary>
    protected StringBuilder Held { get; } = new();

    /// <summary>Reads calls in JSON and in Python's notation.</summary>
    protected ToolCallReader Reader => reader;

    /// <summary>Whether the calls stood in a fenced block whose end is to come.</summary>
    public virtual bool IsInFence => false;

    /// <summary>Takes the next character.</summary>
    public CallVerdict Push(char next)
    {
        Held.Append(next);
        return Scan(next);
    }

    /// <summary>The calls of the text so far, complete or (at the reply's end) cut off; empty if it is none.</summary>
    public abstract IReadOnlyList<FunctionCallContent> Read();

    /// <summary>Splits the text, which is no call, into what is certainly text and the rest, in which a call may begin.</summary>
    public (string Text, string Remainder) Release()
    {
        var text = Held.ToString();
        var length = ReleasedLength(text);
        return (text[..length], text[length..]);
    }

    /// <summary>Judges the next character, which is the last one held.</summary>
    protected abstract CallVerdict Scan(char next);

    /// <summary>How much of the text can be no beginning of another call; at least one character.</summary>
    protected virtual int ReleasedLength(string text) => 1;
}
