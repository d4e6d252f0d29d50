namespace Gemma.Runtime.Prompts.Jinja.Tree;

/// <summary>What a macro, or the body of a call block, is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">Its parameters and their defaults, which are computed at each call.</param>
/// <param name="Statements">Its statements.</param>
/// <param name="TakesMore">Whether it speaks of <c>varargs</c>: then it may be called with more arguments.</param>
/// <param name="TakesNamed">Whether it speaks of <c>kwargs</c>: then it may be called with unknown names.</param>
/// <param name="TakesCaller">Whether it speaks of <c>caller</c>.</param>
internal sealed record MacroBody(string Name, (string Name, Expression? Default)[] Parameters, Statement[] Statements, bool TakesMore, bool TakesNamed,
    bool TakesCaller);
