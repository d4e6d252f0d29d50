using System.Net;
using Microsoft.Playwright;

namespace Gemma.Server.Tests;

/// <summary>The page at / in a browser.</summary>
public sealed class PageTests(RunningServer server, Chromium chromium)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Chat_Message_IsAnsweredWithSpeed()
    {
        var page = await OpenAsync();
        await page.GetByLabel("Message").FillAsync("Hello!");
        await page.GetByLabel("Message").PressAsync("Enter");
        await Assertions.Expect(page.Locator(".message.assistant .text")).ToHaveTextAsync("Hello! How can I help you?");
        await Assertions.Expect(page.Locator(".message.assistant .stats")).ToContainTextAsync("first token after");
        await Chromium.KeepAsync(page, "page-chat.png");
        await page.GetByRole(AriaRole.Button, new() { Name = "New chat" }).ClickAsync();
        await Assertions.Expect(page.Locator(".message")).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task Chat_Stop_EndsTheAnswer()
    {
        var page = await OpenAsync();
        await page.GetByText("Model and sampling").ClickAsync();
        await page.GetByLabel("Temperature").FillAsync("2");
        await page.GetByLabel("System text").FillAsync("Be brief.");
        await page.GetByLabel("Message").FillAsync("Tell me a story.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send", Exact = true }).ClickAsync();
        await page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(page.Locator(".message.assistant .stats")).Not.ToHaveTextAsync(string.Empty);
        await Assertions.Expect(page.GetByRole(AriaRole.Button, new() { Name = "Stop" })).ToBeDisabledAsync();
    }

    [Fact]
    public async Task Chat_Function_ShowsTheCallAndTakesAResult()
    {
        var page = await OpenAsync();
        await page.GetByText("Model and sampling").ClickAsync();
        await page.GetByLabel("Functions")
            .FillAsync("""[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}}]""");
        await page.GetByLabel("Most tokens").FillAsync("60");
        await page.GetByLabel("Message").FillAsync("What is the weather in Paris?");
        await page.GetByLabel("Message").PressAsync("Enter");
        await Assertions.Expect(page.Locator(".call pre").First).ToContainTextAsync("get_weather(");
        await page.GetByLabel("Result").First.FillAsync("Sunny");
        await page.GetByRole(AriaRole.Button, new() { Name = "Send the result" }).First.ClickAsync();
        await Assertions.Expect(page.Locator(".message.tool .text")).ToHaveTextAsync("Sunny");
    }

    [Fact]
    public async Task Classify_SeveralTexts_ShowsBarsBesideEachOther()
    {
        var page = await OpenAsync();
        await page.GetByRole(AriaRole.Tab, new() { Name = "Classify" }).ClickAsync();
        await page.GetByLabel("Head").SelectOptionAsync("tiny/topics");
        await page.GetByLabel("Texts, one a line").FillAsync("The goalkeeper saved a penalty.\nShares fell on Monday.");
        await page.GetByRole(AriaRole.Button, new() { Name = "Classify" }).ClickAsync();
        await Assertions.Expect(page.Locator(".result")).ToHaveCountAsync(2);
        await Assertions.Expect(page.Locator(".result").First.Locator(".score.best")).ToHaveCountAsync(1);
        await Chromium.KeepAsync(page, "page-classify.png");
    }

    [Fact]
    public async Task Tokens_Text_ShowsPiecesAndMarkupStaysText()
    {
        var page = await OpenAsync(isDark: true);
        var foreign = new List<string>();
        page.Request += (_, request) => foreign.Add(request.Url);
        page.Dialog += (_, _) => foreign.Add("a dialog");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Tokens" }).ClickAsync();
        await page.GetByLabel("Text", new() { Exact = true }).FillAsync("Hello <img src=https://evil.example/x onerror=alert(1)>");
        await page.GetByRole(AriaRole.Button, new() { Name = "Tokenize" }).ClickAsync();
        await Assertions.Expect(page.Locator("#count")).ToContainTextAsync("tokens");
        Assert.Contains("<img", string.Concat(await page.Locator(".piece").AllTextContentsAsync()).Replace(" ", string.Empty, StringComparison.Ordinal),
            StringComparison.Ordinal);
        Assert.Equal(0, await page.Locator("img").CountAsync());
        await Chromium.KeepAsync(page, "page-tokens.png");
        var address = await server.AddressAsync();
        Assert.All(foreign, url => Assert.StartsWith(address.ToString(), url, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Live_Plots_AreThereAndFitAPhone()
    {
        var page = await OpenAsync(width: 360, height: 740);
        await page.GetByRole(AriaRole.Tab, new() { Name = "Chat" }).FocusAsync();
        await page.Keyboard.PressAsync("End");
        await Assertions.Expect(page.GetByRole(AriaRole.Tab, new() { Name = "Live" })).ToBeFocusedAsync();
        await Assertions.Expect(page.Locator(".plot")).ToHaveCountAsync(12);
        await Assertions.Expect(page.Locator(".plot .value").First).ToHaveTextAsync("0");
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "The page is wider than a phone.");
        await page.SetViewportSizeAsync(1100, 800);
        await Assertions.Expect(page.Locator("polyline[points*=' ']")).Not.ToHaveCountAsync(0);
        await Chromium.KeepAsync(page, "page-live.png");
    }

    [Fact]
    public async Task Page_Files_AreThisServersOwnUnderAStrictPolicy()
    {
        using var client = await server.ClientAsync();
        client.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        foreach (var file in (string[])["", "page/app.js", "page/chat.js", "page/common.js", "page/classify.js", "page/live.js", "page/tokens.js",
            "page/app.css", "page/icon.svg"])
        {
            using var response = await client.GetAsync("/" + file, Token);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.StartsWith("default-src 'none'; script-src 'self';", response.Headers.GetValues("Content-Security-Policy").Single(),
                StringComparison.Ordinal);
            var text = await response.Content.ReadAsStringAsync(Token);
            foreach (var word in (string[])["innerHTML", "insertAdjacentHTML", "document.write", "eval(", "https://", "style=\"", "onclick="])
                Assert.DoesNotContain(word, text, StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/page/..%2fappsettings.json", Token)).StatusCode);
        using var anonymous = await server.AnonymousClientAsync();
        anonymous.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        using var refused = await anonymous.GetAsync("/", Token);
        Assert.Equal((HttpStatusCode.Unauthorized, "Basic"), (refused.StatusCode, refused.Headers.WwwAuthenticate.Single().Scheme));
    }

    // Models are loaded first, so that the page lists their heads.
    private async Task<IPage> OpenAsync(bool isDark = false, int width = 1100, int height = 800)
    {
        using var client = await server.ClientAsync();
        await client.PostAsync("/v1/classify", """{"model":"sentiment","input":"x"}""");
        await client.PostAsync("/tokenize", """{"model":"tiny","content":"x"}""");
        return await chromium.OpenAsync(await server.AddressAsync(), RunningServer.Key, isDark, width, height);
    }
}
