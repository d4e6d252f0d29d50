using Gemma.Runtime.Prompts.Jinja.Tree;

namespace Gemma.Runtime.Prompts.Jinja.Syntax;

/// <summary>Turns an expression into what can be assigned to.</summary>
internal static class Targets
{
    /// <exception cref="SyntaxException">It is no name and no tuple of names.</exception>
    public static Target Read(TokenReader tokens, Expression expression) => expression switch
    {
        NameNode name => new Target(name.Name),
        ListNode { IsTuple: true } tuple => new Target(string.Empty, Parts: [.. tuple.Items.Select(item => Read(tokens, item))]),
        _ => throw tokens.Error("only names can be assigned to"),
    };
}
