using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Gemma.Runtime.Generation.Constraints.Compilation;

/// <summary>
/// What one compilation may use: bytes of schema, states, memory, time. A schema beyond it is refused, so that none can take a process down. One thread uses
/// it.
/// </summary>
internal sealed class CompilationBudget(CancellationToken cancellationToken)
{
    /// <summary>The most bytes of all schemas of a request.</summary>
    public const int MaxSchemaBytes = 1 << 20;

    /// <summary>How deep a schema document may nest, as a depth of System.Text.Json.</summary>
    public const int MaxDepth = 64;

    private const int MaxStates = 100_000;
    private const int StepsPerCheck = 256;
    private const int MaxSteps = 50_000_000;

    // On a busy machine a schema that needs less than this may take its time.
    private const int FreeSteps = 2_000_000;
    private static readonly TimeSpan MaxTime = TimeSpan.FromMilliseconds(800);
    private const long MaxAllocatedBytes = 48L << 20;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly long _allocated = GC.GetAllocatedBytesForCurrentThread();
    private int _states;
    private int _steps;

    /// <summary>Refuses documents that are too large or too deep to be read at all.</summary>
    /// <exception cref="GemmaSchemaException">They are.</exception>
    public static void CheckSize(IEnumerable<JsonElement> schemas)
    {
        long total = 0;
        foreach (var schema in schemas)
        {
            if (schema.ValueKind == JsonValueKind.Undefined) continue;
            var bytes = JsonMarshal.GetRawUtf8Value(schema);
            if ((total += bytes.Length) > MaxSchemaBytes)
            {
                throw new GemmaSchemaException(
                    $"The JSON schemas of the request have more than {MaxSchemaBytes} bytes; leave properties, enumerated values or functions out.");
            }
            CheckDepth(bytes);
        }
    }

    /// <summary>Counts a state.</summary>
    /// <exception cref="GemmaSchemaException">There are too many, or it takes too long.</exception>
    public void AddState()
    {
        if (++_states > MaxStates)
        {
            throw new GemmaSchemaException(
                $"The JSON schema needs more than {MaxStates} states; leave properties or enumerated values out, or give shorter ones.");
        }
        Step();
    }

    /// <summary>Counts a step of work.</summary>
    /// <exception cref="GemmaSchemaException">It takes too long.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled.</exception>
    public void Step()
    {
        if (++_steps % StepsPerCheck != 0) return;
        cancellationToken.ThrowIfCancellationRequested();
        if (GC.GetAllocatedBytesForCurrentThread() - _allocated > MaxAllocatedBytes)
            throw new GemmaSchemaException($"The JSON schema takes more than {MaxAllocatedBytes >> 20} MB to compile; make it simpler.");
        if (_steps > MaxSteps || (_steps > FreeSteps && Stopwatch.GetElapsedTime(_started) > MaxTime))
            throw new GemmaSchemaException($"The JSON schema takes more than {MaxTime.TotalMilliseconds} ms to compile; make it simpler.");
    }

    private static void CheckDepth(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions
            {
                MaxDepth = MaxDepth,
                CommentHandling = JsonCommentHandling.Skip,
                AllowTrailingCommas = true,
            });
            while (reader.Read())
            {
            }
        }
        catch (JsonException e)
        {
            throw new GemmaSchemaException($"The JSON schema nests more than {MaxDepth} objects and arrays in each other; move parts of it to $defs.", e);
        }
    }
}
