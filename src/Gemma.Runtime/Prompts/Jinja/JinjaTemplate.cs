using Gemma.Runtime.Prompts.Jinja.Python;
using Gemma.Runtime.Prompts.Jinja.Syntax;
using Gemma.Runtime.Prompts.Jinja.Tree;
using Gemma.Runtime.Prompts.Jinja.Values;

namespace Gemma.Runtime.Prompts.Jinja;

/// <summary>A parsed template: an immutable tree that threads share.</summary>
internal sealed class JinjaTemplate
{
    private readonly Statement[] _statements;
    private readonly IReadOnlySet<string> _texts;

    private JinjaTemplate(Statement[] statements, ParserState state)
    {
        _statements = statements;
        (Names, Members, Literals, _texts) = (state.Names, state.Members, state.Literals, state.Texts);
    }

    /// <summary>The variables that the template reads.</summary>
    public IReadOnlySet<string> Names { get; }

    /// <summary>The attributes and keys that it reads by name.</summary>
    public IReadOnlySet<string> Members { get; }

    /// <summary>The texts that stand in its expressions.</summary>
    public IReadOnlySet<string> Literals { get; }

    /// <summary>Whether the template may write a text: it stands between its tags or in its expressions.</summary>
    public bool Writes(string text) => _texts.Concat(Literals).Any(known => known.Contains(text, StringComparison.Ordinal));

    /// <summary>Parses a template.</summary>
    /// <param name="source">Its text.</param>
    /// <exception cref="ChatTemplateException">It is malformed, too large, or uses what is not supported.</exception>
    public static JinjaTemplate Parse(string source)
    {
        if (source.Length > JinjaLimits.TemplateLength)
            throw ChatTemplateException.At(null, $"the template has more than {JinjaLimits.TemplateLength:N0} characters");
        TokenReader? tokens = null;
        try
        {
            tokens = new TokenReader(Lexer.Read(source));
            var parser = new StatementParser(tokens);
            return new JinjaTemplate(parser.Parse(), parser.State);
        }
        catch (SyntaxException e)
        {
            throw ChatTemplateException.At(e.Line, e.Message, e);
        }
        catch (JinjaException e)
        {
            throw ChatTemplateException.At(tokens?.Current.Line, e.Message, e);
        }
        catch (InsufficientExecutionStackException e)
        {
            throw ChatTemplateException.At(tokens?.Current.Line, "the template is nested too deeply", e);
        }
    }

    /// <summary>Renders the template.</summary>
    /// <param name="variables">Its variables.</param>
    /// <param name="time">The clock of <c>strftime_now</c>.</param>
    /// <param name="cancellationToken">Stops the rendering.</param>
    /// <exception cref="ChatTemplateException">The template refuses, fails or reaches a limit.</exception>
    public TextValue Render(IReadOnlyDictionary<string, JinjaValue> variables, TimeProvider time, CancellationToken cancellationToken)
    {
        var run = new RenderRun(time, cancellationToken);
        try
        {
            var scope = new Scope(run, variables);
            Statement.Execute(_statements, scope);
            return scope.Output.ToText();
        }
        catch (JinjaException e)
        {
            throw Error(run, variables, e.Message, e.IsRaised, e);
        }
        catch (InsufficientExecutionStackException e)
        {
            throw Error(run, variables, "calls or values are nested too deeply", isRaised: false, e);
        }
    }

    private static ChatTemplateException Error(RenderRun run, IReadOnlyDictionary<string, JinjaValue> variables, string message, bool isRaised, Exception cause)
    {
        var messages = (variables.GetValueOrDefault("messages") as ListValue)?.Items ?? [];
        foreach (var item in run.LoopItems)
        {
            if (item is not DictValue dict || messages.IndexOf(dict) is not (>= 0 and var index)) continue;
            return ChatTemplateException.At(run.Line, message, cause, isRaised, index, (dict.Find("role") as TextValue)?.Flat);
        }

        return ChatTemplateException.At(run.Line, message, cause, isRaised);
    }
}
