using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Prompts.Tools;

/// <summary>
/// The texts by which a model is told of functions, of its earlier calls and of their results, and the form of the calls that it is made to write.
/// </summary>
internal interface IToolFormat
{
    /// <summary>What stands around a call's name and arguments.</summary>
    CallForm Form { get; }

    /// <summary>The announcement of the functions, which ends with a blank line: the first user's text follows.</summary>
    string Declare(IEnumerable<AIFunctionDeclaration> functions);

    /// <summary>A call as the model writes it.</summary>
    /// <exception cref="ArgumentException">An argument is a value that JSON cannot hold.</exception>
    string Call(FunctionCallContent call);

    /// <summary>The user turn with the results of one or more calls.</summary>
    string Results(IEnumerable<(string Name, FunctionResultContent Result)> results);
}
