namespace Gemma.Server.Http;

/// <summary>Whose clients read the errors of an endpoint.</summary>
/// <param name="Shape">How they are written.</param>
internal sealed record ErrorShapeMetadata(ErrorShape Shape);
