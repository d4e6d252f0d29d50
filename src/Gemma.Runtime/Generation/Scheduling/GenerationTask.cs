using System.Runtime.InteropServices;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Constraints;

namespace Gemma.Runtime.Generation.Scheduling;

/// <summary>A request that appends tokens to a prompt. The scheduler runs it in a batch with others; what to do with logits is the derived class's.</summary>
internal abstract class GenerationTask(ReadOnlyMemory<int> prompt, CancellationToken cancellationToken) : SchedulerRequest(cancellationToken)
{
    private readonly List<int> _tokens = [.. prompt.Span];
    private readonly int[] _step = new int[1];
    private Draft? _draft;

    /// <summary>Tokens of the prompt.</summary>
    public int PromptLength => prompt.Length;

    /// <summary>What several tasks over one prompt have in common: it is computed once for all of them. Null: this one is alone.</summary>
    public object? Group { get; init; }

    /// <summary>The most tokens that the request generates; the default asks for the rest of the context.</summary>
    public virtual int MaxNewTokens => int.MaxValue;

    /// <inheritdoc/>
    public sealed override int MaxTokens => (int)Math.Min(int.MaxValue, (long)PromptLength + MaxNewTokens);

    /// <summary>Prompt tokens whose keys and values came from the prefix cache.</summary>
    public int CachedTokens { get; set; }

    /// <summary>How much of the prompt others begin with too, of which a copy is to be kept; 0: nothing.</summary>
    public int BranchLength { get; set; }

    /// <summary>Prompt and generated tokens.</summary>
    public ReadOnlySpan<int> Tokens => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>Set by the scheduler when the prompt's first piece runs.</summary>
    public IEngineSequence? Sequence { get; set; }

    /// <summary>Tokens that the engine has not seen.</summary>
    public int PendingCount => _tokens.Count - (Sequence?.Length ?? 0);

    /// <summary>Tokens guessed ahead; the scheduler's.</summary>
    public Draft Draft => _draft ??= new Draft(this);

    /// <summary>How the engine may choose tokens in place of <see cref="Choose"/>, or null: never.</summary>
    public virtual SamplingParameters? Sampling => null;

    /// <summary>Chooses the next token from the last position's logits, on the inference thread.</summary>
    /// <param name="logits">[vocabulary], valid during the call.</param>
    public abstract int Choose(ReadOnlySpan<float> logits);

    /// <summary>Whether the request ends with a token.</summary>
    public virtual bool IsStop(int token) => false;

    /// <summary>What limits the next tokens, to guess ahead with.</summary>
    /// <param name="constraint">A constraint that goes on by itself, or null: there is none.</param>
    /// <returns>False if there is one that cannot go on by itself.</returns>
    public virtual bool TryForkConstraint(out ITokenConstraint? constraint)
    {
        constraint = null;
        return true;
    }

    /// <summary>Takes the chosen token, on the inference thread.</summary>
    /// <returns>Whether to continue; false ends the request.</returns>
    public abstract bool Accept(int token);

    /// <summary>Whether both continue one prompt of one request.</summary>
    public bool IsBeside(GenerationTask other) => Group is not null && ReferenceEquals(Group, other.Group);

    public void Append(int token) => _tokens.Add(token);

    /// <summary>The next tokens to run, at most <paramref name="limit"/>; valid until the next call.</summary>
    public ReadOnlyMemory<int> Pending(int limit)
    {
        var pending = Tokens.Slice(Sequence!.Length, Math.Min(limit, PendingCount));
        if (pending.Length != 1) return pending.ToArray();
        _step[0] = pending[0];
        return _step;
    }
}
