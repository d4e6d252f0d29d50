using System.Text.Json;
using Gemma.Cli.Infrastructure;
using Gemma.Runtime.Prompts;
using Gemma.Tokenization;

namespace Gemma.Cli.Tokenize;

/// <summary>Answers the lines of <c>gemma tokenize --template --json</c>: the prompt exactly as the folder's template renders it.</summary>
internal sealed class TemplateLines(GemmaTokenizer tokenizer, FolderTemplates templates, TextWriter output)
{
    public void Write(JsonLine line, CancellationToken cancellationToken)
    {
        var input = TemplateLine.Read(line);
        RenderedPrompt prompt;
        int[] ids;
        try
        {
            prompt = templates.Choose(input.HasTools, input.TemplateName).Render(input, cancellationToken);
            ids = new PromptEncoder(tokenizer, line.Flag("recognize_control_tokens", false)).Encode(prompt);
        }
        catch (ChatTemplateException e)
        {
            JsonLines.Write(output, json => WriteError(json, e));
            return;
        }

        JsonLines.Write(output, json =>
        {
            json.WriteString("text", prompt.Text);
            json.WriteIds("ids", ids);
            WriteSpans(json, "spans", prompt.Spans.Where(span => span.Source is not null));
            WriteSpans(json, "written", prompt.Spans.Where(span => span.Source is null));
        });
    }

    private static void WriteError(Utf8JsonWriter json, ChatTemplateException error)
    {
        json.WriteString("error", error.Reason ?? error.Message);
        if (error.Line is { } line) json.WriteNumber("line", line);
        if (error.MessageIndex is { } message) json.WriteNumber("message", message);
    }

    private static void WriteSpans(Utf8JsonWriter json, string name, IEnumerable<PromptSpan> spans)
    {
        json.WriteStartArray(name);
        foreach (var span in spans)
        {
            json.WriteStartObject();
            json.WriteNumber("start", span.Start);
            json.WriteNumber("end", span.End);
            if (span.Source is not null) json.WriteString("source", span.Source);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
