using System.Text;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>
/// Tells a model's thoughts from its answer while it writes. A thought begins the reply, or follows another one; where its marks are control tokens, which no
/// text can be mistaken for, it may begin anywhere but inside a call. White space around it is no part of it, nor of the answer after it. One that is not
/// closed is all of the rest. How the text is cut into pieces makes no difference. For one reply and one thread.
/// </summary>
/// <param name="marks">What the model writes around a thought; in each mark the first character comes once.</param>
/// <param name="isOpen">Whether the prompt has begun a thought already.</param>
/// <param name="calls">The marks of calls, or null.</param>
internal sealed class ThoughtSplitter(ThoughtMarks marks, bool isOpen, ReplyMarks? calls = null)
{
    private readonly MarkedCallFinder _call = new(calls);
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _space = new();
    private Part _part = isOpen ? Part.Title : Part.Start;
    private int _matched;
    private bool _hasThought = isOpen;
    private bool _isWritten;

    private enum Part
    {
        Start,
        Title,
        Thought,
        Answer,
    }

    /// <summary>Whether the text so far ends in a thought.</summary>
    public bool IsInThought => _part is Part.Title or Part.Thought;

    /// <summary>Takes the next piece of text.</summary>
    /// <returns>What is certain now: <see cref="TextReasoningContent"/> of thoughts, <see cref="TextContent"/> of the answer.</returns>
    public IReadOnlyList<AIContent> Append(string text)
    {
        List<AIContent> contents = [];
        foreach (var c in text) Push(c, contents);
        Take(contents);
        return contents;
    }

    /// <summary>Ends the reply: the beginning of a mark in front of it is text, one inside a thought is not.</summary>
    public IReadOnlyList<AIContent> Flush()
    {
        List<AIContent> contents = [];
        if (_part == Part.Start) BeginAnswer(marks.Open[.._matched]);
        Take(contents);
        return contents;
    }

    private void Push(char c, List<AIContent> contents)
    {
        switch (_part)
        {
            case Part.Start:
                Start(c, contents);
                break;
            case Part.Title:
                Title(c, contents);
                break;
            case Part.Thought:
                Thought(c, contents);
                break;
            default:
                Answer(c, contents);
                break;
        }
    }

    private void Start(char c, List<AIContent> contents)
    {
        if (_matched == 0 && char.IsWhiteSpace(c))
        {
            _space.Append(c);
        }
        else if (c != marks.Open[_matched])
        {
            BeginAnswer(marks.Open[.._matched]);
            Answer(c, contents);
        }
        else if (++_matched == marks.Open.Length)
        {
            Open();
        }
    }

    private void Open()
    {
        _space.Clear();
        (_part, _matched, _isWritten, _hasThought) = (Part.Title, 0, false, true);
    }

    private void Answer(char c, List<AIContent> contents)
    {
        if (ReplyMarks.IsMark(c))
        {
            if (c == marks.Open[0] && !_call.IsInCall)
            {
                Take(contents);
                Open();
                return;
            }

            _call.Push(c);
        }

        _output.Append(c);
    }

    private void BeginAnswer(string begin)
    {
        if (!_hasThought) _output.Append(_space);
        _output.Append(begin);
        _part = Part.Answer;
    }

    private void Title(char c, List<AIContent> contents)
    {
        var title = marks.Title ?? string.Empty;
        if (_matched < title.Length && c == title[_matched])
        {
            if (++_matched == title.Length) (_part, _matched) = (Part.Thought, 0);
            return;
        }

        // No title: its beginning was the thought's.
        var begun = title[.._matched] + c;
        (_part, _matched) = (Part.Thought, 0);
        foreach (var again in begun) Push(again, contents);
    }

    private void Thought(char c, List<AIContent> contents)
    {
        if (c == marks.Close[_matched])
        {
            if (++_matched < marks.Close.Length) return;
            Take(contents);
            _space.Clear();
            (_part, _matched) = (Part.Start, 0);
            return;
        }

        if (_matched > 0)
        {
            foreach (var begun in marks.Close[.._matched]) Think(begun);
            _matched = 0;
            Push(c, contents);
            return;
        }

        Think(c);
    }

    private void Think(char c)
    {
        if (char.IsWhiteSpace(c))
        {
            _space.Append(c);
            return;
        }

        if (_isWritten) _output.Append(_space);
        _space.Clear();
        _output.Append(c);
        _isWritten = true;
    }

    private void Take(List<AIContent> contents)
    {
        if (_output.Length == 0) return;
        contents.Add(_part == Part.Answer ? new TextContent(_output.ToString()) : new TextReasoningContent(_output.ToString()));
        _output.Clear();
    }
}
