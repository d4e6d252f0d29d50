using System.Diagnostics;
using System.Threading.Channels;
using Gemma.Runtime.Engines;
using Gemma.Runtime.Generation.Scheduling;
using Gemma.Tokenization;

namespace Gemma.Runtime.Generation;

/// <summary>A request on the inference thread: chooses tokens, makes text of them, and hands both to the waiting caller.</summary>
internal sealed class TextGenerationTask : GenerationTask
{
    private readonly Channel<GenerationUpdate> _updates = Channel.CreateUnbounded<GenerationUpdate>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly GenerationPlan _plan;
    private readonly TokenSelector _selector;
    private readonly StopSequenceMatcher _stops;
    private readonly StreamingDecoder? _decoder;
    private readonly Activity? _activity;
    private readonly long _started;
    private long _firstToken;
    private int _generated;
    private bool _stopSequence;
    private GenerationFinishReason _reason;

    public TextGenerationTask(GenerationPlan plan, CancellationToken cancellationToken)
        : base(plan.Prompt, cancellationToken)
    {
        _plan = plan;
        Priority = plan.Request.Priority;
        Deadline = plan.Request.Timeout is { } timeout ? plan.Time.GetUtcNow() + timeout : null;
        _selector = new TokenSelector(plan.Config, plan.Model.Package.VocabSize, plan.Prompt.Length, plan.StopTokenIds, plan.Prompt.Length + plan.MaxNewTokens, plan.Request.Constraint);
        _stops = new StopSequenceMatcher([.. plan.Request.StopSequences, .. plan.Config.StopStrings ?? []]);
        _decoder = plan.Model.Tokenizer?.CreateDecoder(skipSpecialTokens: !plan.Request.IncludeSpecialTokens);
        _activity = plan.Model.Instruments.StartGeneration(plan.Prompt.Length);
        _started = plan.Time.GetTimestamp();
    }

    /// <summary>What was generated; completes with the request's error.</summary>
    public ChannelReader<GenerationUpdate> Updates => _updates.Reader;

    public override int MaxNewTokens => _plan.MaxNewTokens;

    public override SamplingParameters? Sampling => _selector.Sampling;

    public override int Choose(ReadOnlySpan<float> logits) => _selector.Select(logits, Tokens);

    public override bool Accept(int token)
    {
        if (_generated++ == 0) _firstToken = _plan.Time.GetTimestamp();
        var isStop = _selector.IsStop(token);
        var text = isStop && !_plan.Request.IncludeSpecialTokens ? string.Empty : _decoder?.Append(token) ?? string.Empty;
        text = _stops.Append(text, out _stopSequence);
        _updates.Writer.TryWrite(new GenerationUpdate(token, text, null));
        if (isStop || _stopSequence || _plan.Request.Constraint is { IsComplete: true } || _plan.Request.IsLastText?.Invoke(text) == true) _reason = GenerationFinishReason.Stop;
        else if (_generated == _plan.MaxNewTokens) _reason = GenerationFinishReason.Length;
        else return true;
        return false;
    }

    public override void Finish(Exception? error)
    {
        using var activity = _activity;
        if (error is not null)
        {
            _plan.Model.Instruments.RecordFailure(_plan.Time.GetElapsedTime(_started), error, activity);
            _updates.Writer.TryComplete(error);
            return;
        }

        var rest = string.Empty;
        if (!_stopSequence)
        {
            rest = _stops.Append(_decoder?.Flush() ?? string.Empty, out var stopped);
            if (stopped) _reason = GenerationFinishReason.Stop;
            else rest += _stops.Flush();
        }

        var time = _plan.Time;
        var summary = new GenerationSummary(_reason, PromptLength, CachedTokens, _generated, time.GetElapsedTime(_started, _firstToken), time.GetElapsedTime(_started));
        _plan.Model.Instruments.Record(summary, activity);
        _updates.Writer.TryWrite(new GenerationUpdate(null, rest, summary));
        _updates.Writer.TryComplete();
    }
}
