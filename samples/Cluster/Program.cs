// Two servers of one model behind a router, and Aspire's dashboard with their logs, metrics and traces.
//   dotnet run --project samples/Cluster                                     the tiny model of this repository
//   dotnet run --project samples/Cluster -- --model=/models/gemma-2b-it      a checkpoint or a model package
//   curl http://localhost:8480/v1/chat/completions -H 'Content-Type: application/json' -d '{"messages":[{"role":"user","content":"Hello!"}]}'
// The address of the dashboard is in what the command writes.
using System.Globalization;
using Projects;

const int Servers = 2;
const int FirstPort = 8484;
const int RouterPort = 8480;

var builder = DistributedApplication.CreateBuilder(args);
var model = Path.GetFullPath(builder.Configuration["model"] ?? Path.Combine(builder.AppHostDirectory, "..", "models", "tiny-gemma-it"));
var router = Gemma("router", "route", RouterPort).WithArgs("--to");
for (var i = 0; i < Servers; i++)
{
    var server = Gemma(string.Create(CultureInfo.InvariantCulture, $"server{i + 1}"), "serve", FirstPort + i).WithArgs($"gemma={model}");
    router.WithArgs(server.GetEndpoint("http")).WaitFor(server);
}

builder.Build().Run();

// The command of this repository. It sends its telemetry where the variables say that Aspire sets.
IResourceBuilder<ProjectResource> Gemma(string name, string command, int port) => builder.AddProject<Gemma_Cli>(name)
    .WithArgs(command, "--port", port.ToString(CultureInfo.InvariantCulture))
    .WithHttpEndpoint(port, port, isProxied: false)
    .WithHttpHealthCheck("/health/ready");
