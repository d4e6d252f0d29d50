using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using Microsoft.Extensions.Logging;

namespace Gemma.Conversion.Hub;

/// <summary>Sends requests to a hub: follows redirects by hand, so that the token stays with the hub, and turns failures into errors.</summary>
internal sealed partial class HubClient : IDisposable
{
    private const int MostRedirects = 10;

    private readonly HubSettings _settings;
    private readonly HubHosts _hosts;
    private readonly HttpClient _http;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly HashSet<string> _told = [];

    public HubClient(HubSettings settings, ILogger logger, TimeProvider time)
    {
        _settings = settings;
        _logger = logger;
        _time = time;
        _hosts = new HubHosts(settings);
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectCallback = _hosts.ConnectAsync,
        };
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        var version = typeof(HubClient).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("gemma-semantickernel", version));
        _http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", $"dotnet/{Environment.Version}");
        _http.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
    }

    /// <summary>The clock of waits.</summary>
    public TimeProvider Time => _time;

    /// <summary>Where a model can be looked at.</summary>
    public string Page(HubModelName name) => $"{_settings.Endpoint}/{name.Repository}";

    /// <summary>The address of an answer's link; the hub's own name stands for the mirror that is used. Null if it is none that may be followed.</summary>
    public Uri? Resolve(string link)
    {
        if (link.StartsWith(HubSettings.DefaultEndpoint + "/", StringComparison.Ordinal))
            link = _settings.Endpoint + link[HubSettings.DefaultEndpoint.Length..];
        var endpoint = new Uri(_settings.Endpoint + "/");
        if (!Uri.TryCreate(endpoint, link, out var uri)) return null;
        return uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.Scheme == endpoint.Scheme) ? uri : null;
    }

    /// <summary>Asks once, and follows redirects.</summary>
    /// <param name="uri">The address.</param>
    /// <param name="name">The model, for errors.</param>
    /// <param name="prepare">Sets headers of each request, or null.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    /// <returns>The answer's head: 200, 206 or 416, or 403 of another host than the hub.</returns>
    /// <exception cref="HubTransientException">It failed in a way that passes.</exception>
    /// <exception cref="HubException">It failed.</exception>
    public async Task<HttpResponseMessage> GetAsync(Uri uri, HubModelName name, Action<HttpRequestMessage>? prepare, CancellationToken cancellationToken)
    {
        for (var hop = 0; ; hop++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, uri);
            prepare?.Invoke(request);
            var sentToken = _hosts.Authorize(request);
            var response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
            try
            {
                Warn(response);
                var status = (int)response.StatusCode;
                if (status is 200 or 206 or 416 || (status == 403 && !_hosts.IsHub(uri))) return response;
                if (HubAnswers.IsTransient(response.StatusCode)) throw HubAnswers.Transient(response, _time);
                if (status is not (301 or 302 or 303 or 307 or 308)) throw HubAnswers.Lasting(response, name, sentToken, Page(name));
                if (hop == MostRedirects) throw new HubException(HubError.Protocol, $"{HubAnswers.Place(uri)} sends around in a circle; check HF_ENDPOINT.");
                var location = response.Headers.Location
                    ?? throw new HubException(HubError.Protocol, $"{HubAnswers.Place(uri)} answered {status} without the header Location; check HF_ENDPOINT.");
                var target = location.IsAbsoluteUri ? location : new Uri(uri, location);
                _hosts.CheckRedirect(uri, target);
                if (!_hosts.IsHub(target)) LogDataHost(_settings.Endpoint == HubSettings.DefaultEndpoint ? LogLevel.Debug : LogLevel.Information, target.Host);
                uri = target;
                response.Dispose();
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_settings.AnswerTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new HubTransientException($"{HubAnswers.Place(request.RequestUri!)} did not answer within {_settings.AnswerTimeout.TotalSeconds:0.#} s.",
                null, e);
        }
        catch (HttpRequestException e) when (e.InnerException is HubException refused)
        {
            throw new HubException(refused.Error, refused.Message, e);
        }
        catch (HttpRequestException e)
        {
            throw new HubTransientException($"{request.RequestUri!.GetLeftPart(UriPartial.Authority)} could not be reached: {(e.InnerException ?? e).Message}.",
                null, e);
        }
    }

    // What the hub wants users to read, once.
    private void Warn(HttpResponseMessage response)
    {
        if (HubAnswers.Header(response, "X-HF-Warning") is not { } warning) return;
        lock (_told)
        {
            if (!_told.Add(warning)) return;
        }

        LogWarning(string.Concat(warning.Where(character => !char.IsControl(character))));
    }

    [LoggerMessage(1, LogLevel.Warning, "The hub says: {Warning}")]
    private partial void LogWarning(string warning);

    [LoggerMessage(EventId = 2, Message = "Files come from {Host}")]
    private partial void LogDataHost(LogLevel level, string host);
}
