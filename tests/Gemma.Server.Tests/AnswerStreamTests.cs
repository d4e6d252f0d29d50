using System.Runtime.CompilerServices;
using Gemma.Server.Http;
using Gemma.Server.Streaming;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Gemma.Server.Tests;

/// <summary>Streams whose connection breaks while the model is silent.</summary>
public sealed class AnswerStreamTests
{
    [Fact]
    public async Task Read_PingThatCannotBeWritten_EndsTheModelsAnswerFirst()
    {
        using var services = new ServiceCollection().BuildServiceProvider();
        using var drain = new Drain(Options.Create(new HostOptions()));
        using var body = new BrokenBody();
        var http = new DefaultHttpContext { RequestServices = services };
        http.Response.Body = body;
        using var request = new RequestContext(http, new GemmaServerOptions { PingInterval = TimeSpan.FromMilliseconds(100) }, drain,
            TestContext.Current.CancellationToken);
        var events = new EventStream(request);
        var ended = false;
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            var silent = SilentAsync(() => ended = true, request.CancellationToken);
            await foreach (var _ in events.ReadAsync(silent, request.CancellationToken)) Assert.Fail("Nothing should come.");
        });
        Assert.True(ended, "The answer was left while it still ran.");
    }

    private static async IAsyncEnumerable<int> SilentAsync(Action end, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        try
        {
            await Task.Delay(TimeSpan.FromMinutes(1), cancellationToken);
        }
        finally
        {
            end();
        }

        yield return 1;
    }

    /// <summary>A connection that is gone.</summary>
    private sealed class BrokenBody : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("gone");
    }
}
