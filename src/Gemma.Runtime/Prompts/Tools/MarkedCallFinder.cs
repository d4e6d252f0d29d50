namespace Gemma.Runtime.Prompts.Tools;

/// <summary>Follows the control tokens of a reply, to know whether it is inside a call. Inside a text of a call only the text's own end counts.</summary>
/// <param name="marks">The marks of calls, or null: then it never is.</param>
internal sealed class MarkedCallFinder(ReplyMarks? marks)
{
    private readonly CallNotation[] _calls = marks is null
        ? []
        : [.. marks.Notations, new CallNotation(marks.Tags.Open, marks.Tags.Close, string.Empty)];

    private CallNotation? _open;
    private bool _isText;

    /// <summary>Whether a call has begun and not ended.</summary>
    public bool IsInCall => _open is not null;

    /// <summary>Takes the next character that stands for a control token.</summary>
    public void Push(char mark)
    {
        if (_open is null) _open = Array.Find(_calls, call => Is(call.Open, mark));
        else if (Is(_open.Quote, mark)) _isText = !_isText;
        else if (!_isText && Is(_open.Close, mark)) _open = null;
    }

    private static bool Is(string mark, char c) => mark.Length == 1 && mark[0] == c;
}
