using Gemma.Runtime.Generation.Constraints;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Chat;

/// <summary>The grammar that a request's options ask for.</summary>
internal static class ChatConstraint
{
    public static ITokenConstraint? Create(GemmaModel model, IReadOnlyList<AIFunctionDeclaration> functions, ChatToolMode? mode, bool allowMultipleCalls, ChatResponseFormat? format) => null;
}
