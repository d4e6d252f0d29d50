namespace Gemma.Runtime.Tests.Chat.GenAI;

/// <summary>The same tests on ONNX Runtime GenAI.</summary>
public sealed class GenAIChatOptionsContractTests(GenAITinyGemma tiny) : ChatOptionsContractTests(tiny);
