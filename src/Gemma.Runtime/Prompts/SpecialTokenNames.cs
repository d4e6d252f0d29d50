namespace Gemma.Runtime.Prompts;

/// <summary>The template variables that hold special tokens of the tokenizer. Their texts count as the template's.</summary>
internal static class SpecialTokenNames
{
    /// <summary>Whether a variable is one of transformers' special tokens.</summary>
    public static bool Contains(string name) =>
        name is "bos_token" or "eos_token" or "unk_token" or "sep_token" or "pad_token" or "cls_token" or "mask_token" or "additional_special_tokens"
        or "image_token" or "boi_token" or "eoi_token" or "audio_token" or "boa_token" or "eoa_token" or "video_token";
}
