using System.Text;
using Gemma.Runtime.Prompts;
using Microsoft.Extensions.AI;

namespace Gemma.Runtime.Inputs;

/// <summary>Makes text of what a model of text can read, and tells or refuses the rest: nothing is dropped silently, and no bytes reach a prompt.</summary>
/// <param name="handling">What happens to what cannot be read.</param>
internal sealed class ReadableContents(UnreadableContentHandling handling)
{
    private static readonly string[] TextTypes = ["application/json", "application/xml", "application/yaml", "application/x-yaml", "application/javascript"];

    /// <summary>The content to render.</summary>
    /// <exception cref="NotSupportedException">The model cannot read it, and it is not to be told instead.</exception>
    public AIContent Read(AIContent content) => content switch
    {
        DataContent data when IsText(data.MediaType) => new TextContent(Encoding.UTF8.GetString(data.Data.Span)),
        DataContent data => Unreadable($"{data.MediaType}, {data.Data.Length} bytes"),
        UriContent uri => Unreadable($"{uri.MediaType}, {uri.Uri}"),
        HostedFileContent file => Unreadable($"hosted file {file.FileId}"),
        HostedVectorStoreContent store => Unreadable($"hosted vector store {store.VectorStoreId}"),
        FunctionResultContent { Result: AIContent or IEnumerable<AIContent> } result =>
            new FunctionResultContent(result.CallId, Result(result.Result)) { Exception = result.Exception },
        _ => content,
    };

    private string Result(object result)
    {
        var contents = result is AIContent one ? [one] : (IEnumerable<AIContent>)result;
        return string.Concat(contents.Select(content => Read(content) switch
        {
            TextContent text => text.Text,
            ErrorContent error => error.Message,
            TextReasoningContent => string.Empty,
            var other => ((TextContent)Unreadable(other.GetType().Name)).Text,
        }));
    }

    private static bool IsText(string mediaType)
    {
        var type = mediaType.Split(';')[0].Trim();
        return type.StartsWith("text/", StringComparison.OrdinalIgnoreCase)
            || TextTypes.Contains(type, StringComparer.OrdinalIgnoreCase)
            || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase)
            || type.EndsWith("+xml", StringComparison.OrdinalIgnoreCase);
    }

    private TextContent Unreadable(string what) => handling == UnreadableContentHandling.Describe
        ? new TextContent($"[{what}, not readable by this model]")
        : throw new NotSupportedException(
            $"The message has a content that this model cannot read ({what}); it reads text only. Remove it, describe it in words, or set UnreadableContent "
                + $"to Describe.");
}
