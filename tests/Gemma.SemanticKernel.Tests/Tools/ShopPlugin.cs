using System.ComponentModel;
using Microsoft.SemanticKernel;

namespace Gemma.SemanticKernel.Tests.Tools;

/// <summary>The functions of the goldens' demonstration as an application writes them.</summary>
internal sealed class ShopPlugin(List<string> calls)
{
    [KernelFunction("get_weather")]
    [Description("Gets the weather in a city")]
    public string GetWeather([Description("The city")] string city)
    {
        calls.Add($"get_weather {city}");
        return city == "Paris" ? "sunny, 18 degrees" : "cloudy and 21 degrees";
    }

    [KernelFunction("add_numbers")]
    [Description("Adds two numbers")]
    public int Add([Description("The first number")] int a, [Description("The second number")] int b)
    {
        calls.Add($"add_numbers {a} {b}");
        return a + b;
    }

    [KernelFunction("get_order_status")]
    [Description("Gets the status of an order")]
    public Task<string> GetOrderStatusAsync([Description("The order id")] string order_id)
    {
        calls.Add($"get_order_status {order_id}");
        return Task.FromResult("shipped");
    }
}
