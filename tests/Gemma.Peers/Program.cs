using System.CommandLine;
using Gemma.Peers;

var root = new RootCommand("Measures LLamaSharp (llama.cpp) and ONNX Runtime GenAI on the weights of 'gemma bench', in its figures. Run it with -c Release.")
{
    GgufCommand.Create(),
    BenchCommand.Create(),
    GenAICommand.Create(),
};
return await root.Parse(args).InvokeAsync();
