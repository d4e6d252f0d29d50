using System.Runtime.InteropServices;

namespace Gemma.Runtime.Generation.Sampling;

/// <summary>Adds a bias to the last token of a sequence where the text ends with the tokens before it.</summary>
internal class SequenceBiasProcessor : LogitsProcessor
{
    private readonly (int Token, float Bias)[] _singles;
    private readonly (int[] Prefix, int Token, float Bias)[] _sequences;
    private readonly Dictionary<int, float> _sums = [];

    /// <summary>Creates the processor; of equal sequences the last one counts.</summary>
    /// <exception cref="InvalidGenerationConfigException">A token is outside the vocabulary.</exception>
    public SequenceBiasProcessor(string option, IEnumerable<(IReadOnlyList<int> Sequence, float Bias)> biases, int vocabularySize)
    {
        Dictionary<string, (int[] Tokens, float Bias)> unique = [];
        foreach (var (sequence, bias) in biases)
        {
            int[] tokens = [.. sequence];
            if (tokens.FirstOrDefault(token => token >= vocabularySize, -1) is var bad and >= 0)
                throw new InvalidGenerationConfigException(option, $"{bad} is not a token id of a vocabulary of {vocabularySize}");
            unique[string.Join(' ', tokens)] = (tokens, bias);
        }

        _singles = [.. unique.Values.Where(entry => entry.Tokens.Length == 1).Select(entry => (entry.Tokens[0], entry.Bias))];
        _sequences = [.. unique.Values.Where(entry => entry.Tokens.Length > 1).Select(entry => (entry.Tokens[..^1], entry.Tokens[^1], entry.Bias))];
    }

    public override void Process(TokenScores scores, ReadOnlySpan<int> tokens)
    {
        // All biases of a token are added up before they are added to its score.
        _sums.Clear();
        foreach (var (token, bias) in _singles) Add(token, bias);
        foreach (var (prefix, token, bias) in _sequences)
        {
            if (prefix.Length < tokens.Length && tokens.EndsWith(prefix)) Add(token, bias);
        }

        foreach (var (token, bias) in _sums) scores.Values[token] += bias;
    }

    private void Add(int token, float bias) => CollectionsMarshal.GetValueRefOrAddDefault(_sums, token, out _) += bias;
}
