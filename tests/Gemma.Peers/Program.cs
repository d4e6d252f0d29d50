using System.CommandLine;
using Gemma.Peers;

var root = new RootCommand("Measures LLamaSharp (llama.cpp) and ONNX Runtime GenAI on the same weights as 'gemma bench', in the same figures. Run it with -c Release.")
{
    GgufCommand.Create(),
    BenchCommand.Create(),
    GenAICommand.Create(),
};
return await root.Parse(args).InvokeAsync();
