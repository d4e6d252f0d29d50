namespace Gemma.Cli.Chat;

/// <summary>Ctrl-C while an answer comes: it stops the answer, not the program.</summary>
internal sealed class StopKey : IDisposable
{
    private readonly bool _isActive;
    private volatile CancellationTokenSource? _answering;

    public StopKey(bool isActive)
    {
        _isActive = isActive;
        if (isActive) Console.CancelKeyPress += Stop;
    }

    /// <summary>Stops the answer that comes now; null while none does.</summary>
    public CancellationTokenSource? Answering
    {
        get => _answering;
        set => _answering = value;
    }

    public void Dispose()
    {
        if (_isActive) Console.CancelKeyPress -= Stop;
    }

    private void Stop(object? sender, ConsoleCancelEventArgs e)
    {
        e.Cancel = true;
        try
        {
            _answering?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The answer ended at this moment.
            e.Cancel = true;
        }
    }
}
