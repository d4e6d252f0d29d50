using Gemma.Server.OpenAI;

namespace Gemma.Server.Tests;

/// <summary>Results of calls whose ids a client does not keep.</summary>
public sealed class CalledFunctionTests
{
    [Fact]
    public void Answer_WithoutIds_GoesToTheCallsInTheirOrder()
    {
        var calls = new CalledFunctions();
        var (weather, time) = (calls.Call(null, "get_weather"), calls.Call(null, "get_time"));
        Assert.NotEqual(weather, time);
        Assert.Equal((weather, time), (calls.Answer(null, null), calls.Answer(null, null)));
    }

    [Fact]
    public void Answer_WithTheFunctionsName_GoesToItsCall()
    {
        var calls = new CalledFunctions();
        var (weather, time) = (calls.Call(null, "get_weather"), calls.Call(null, "get_time"));
        Assert.Equal((time, weather), (calls.Answer(null, "get_time"), calls.Answer(null, null)));
    }

    [Fact]
    public void Call_WithoutIdBesideAnotherWithTheNextOne_GetsAnId()
    {
        var calls = new CalledFunctions();
        Assert.Equal("call_1", calls.Call("call_1", "get_weather"));
        Assert.NotEqual("call_1", calls.Call(null, "get_time"));
        Assert.Equal("call_1", calls.Answer("call_1", null));
    }
}
