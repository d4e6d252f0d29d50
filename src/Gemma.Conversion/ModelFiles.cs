using Gemma.Runtime.Models;
using Gemma.Runtime.Prompts;
using Gemma.Tokenization;
using Microsoft.Extensions.Logging;

namespace Gemma.Conversion;

/// <summary>What a checkpoint brings beside its weights: tokenizer, chat template and generation settings.</summary>
internal abstract class ModelFiles
{
    /// <summary>Where they are, for messages.</summary>
    public abstract string Path { get; }

    /// <summary>Whether there is a tokenizer.</summary>
    public abstract bool HasTokenizer { get; }

    /// <summary>The tokenizer, or null if there is none.</summary>
    /// <exception cref="InvalidModelException">It is malformed or not Gemma's.</exception>
    public abstract GemmaTokenizer? LoadTokenizer();

    /// <summary>Whether the tokenizer and the embedding are known to belong together, whatever rows have no token.</summary>
    /// <value>Default false.</value>
    public virtual bool NamesEveryRow => false;

    /// <summary>The chat template texts, or null if there are none.</summary>
    /// <exception cref="InvalidModelException">They are malformed.</exception>
    public abstract ChatTemplateFiles? ReadTemplates();

    /// <summary>The tokens that the generation settings name as ends of a text, beside those of the configuration.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <exception cref="InvalidModelException">The settings are malformed.</exception>
    public abstract IEnumerable<int> EosTokenIds(GemmaConfig config);

    /// <summary>Puts the files into a package, as Hugging Face names them.</summary>
    /// <param name="package">The package's folder.</param>
    /// <param name="configPath">A <c>config.json</c> to use instead of the checkpoint's, or null.</param>
    public abstract void CopyTo(string package, string? configPath);

    /// <summary>Puts what an embedding model says about vectors into a package; nothing where the model is none.</summary>
    /// <param name="package">The package's folder, with the files of <see cref="CopyTo"/>.</param>
    /// <param name="hiddenSize">Width of token states.</param>
    /// <param name="logger">Is told what is missing.</param>
    /// <exception cref="InvalidModelException">A file is malformed, or a module is none that is run here.</exception>
    public abstract void CopyEmbedder(string package, int hiddenSize, ILogger logger);
}
