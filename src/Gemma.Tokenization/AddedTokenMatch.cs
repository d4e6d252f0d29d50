namespace Gemma.Tokenization;

/// <summary>Where an added token was found.</summary>
/// <param name="Start">Where it begins, with the white space that it takes; the text's length if there is none.</param>
/// <param name="End">Where it ends, likewise.</param>
/// <param name="Next">Where the search goes on: behind its own text.</param>
/// <param name="Id">Its id, or -1 if there is none.</param>
internal readonly record struct AddedTokenMatch(int Start, int End, int Next, int Id);
