namespace Gemma.Conversion.Hub;

/// <summary>Why a model could not be had from the hub.</summary>
public enum HubError
{
    /// <summary>The hub, or the host that it sends files from, could not be reached or failed again and again.</summary>
    Network,

    /// <summary>There is no such repository, revision or file.</summary>
    NotFound,

    /// <summary>The repository needs a token, and none was sent.</summary>
    TokenMissing,

    /// <summary>The hub does not know the token.</summary>
    TokenRefused,

    /// <summary>The token's owner has not accepted the model's licence, or was not yet let in.</summary>
    LicenceNotAccepted,

    /// <summary>The token may not read gated repositories.</summary>
    TokenScope,

    /// <summary>The hub has disabled the repository.</summary>
    Disabled,

    /// <summary>The model is not in the cache, and downloading is switched off.</summary>
    NotCached,

    /// <summary>What came is not what the hub announced.</summary>
    Damaged,

    /// <summary>The disk has too little room.</summary>
    NoSpace,

    /// <summary>The hub's answer makes no sense or is not safe to follow.</summary>
    Protocol,
}
