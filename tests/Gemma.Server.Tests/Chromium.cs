using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Gemma.Server.Tests.Chromium))]

namespace Gemma.Server.Tests;

/// <summary>A headless Chromium of this machine, started at the first use.</summary>
public sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "chrome.exe"];

    private readonly SemaphoreSlim _gate = new(1);
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>A window at a server's page; the test is skipped where there is no browser.</summary>
    public async Task<IPage> OpenAsync(Uri address, string? key = null, bool isDark = false, int width = 1100, int height = 800)
    {
        var path = Find();
        Assert.SkipWhen(path is null, "Needs Chromium: install it (Debian: apt-get install chromium), or let the variable GEMMA_CHROMIUM name its executable.");
        var browser = await BrowserAsync(path!);
        var context = await browser.NewContextAsync(new BrowserNewContextOptions
        {
            ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
            ViewportSize = new ViewportSize { Width = width, Height = height },
            HttpCredentials = key is null ? null : new HttpCredentials { Username = "me", Password = key },
        });
        var page = await context.NewPageAsync();
        await page.GotoAsync(address.ToString());
        return page;
    }

    /// <summary>Keeps a picture of a page in the folder that the variable GEMMA_SCREENSHOTS names, if it names one.</summary>
    public static async Task KeepAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("GEMMA_SCREENSHOTS") is { Length: > 0 } folder)
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder, name) });
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
        _gate.Dispose();
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("GEMMA_CHROMIUM") is { Length: > 0 } given) return given;
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator);
        return folders.SelectMany(folder => Names.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
    }

    private async Task<IBrowser> BrowserAsync(string path)
    {
        await _gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            _playwright ??= await Playwright.CreateAsync();
            return _browser ??= await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = path, Args = ["--no-sandbox"] });
        }
        finally
        {
            _gate.Release();
        }
    }
}
