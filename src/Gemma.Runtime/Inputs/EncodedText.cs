namespace Gemma.Runtime.Inputs;

/// <summary>A text as token ids.</summary>
/// <param name="Ids">The ids, at least one.</param>
/// <param name="IsTruncated">Whether ids were cut off.</param>
internal sealed record EncodedText(int[] Ids, bool IsTruncated);
