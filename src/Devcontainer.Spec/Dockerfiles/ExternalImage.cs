using Devcontainer.Diagnostics;

namespace Devcontainer.Spec.Dockerfiles;

/// <summary>An image that a build fetches: a FROM, a <c>COPY --from</c> or a <c>RUN --mount=from=</c> that names no stage.</summary>
/// <param name="Reference">The reference as written, variables expanded; not normalised.</param>
/// <param name="Platform">The platform it is fetched for.</param>
/// <param name="Location">The first place that names it.</param>
public sealed record ExternalImage(string Reference, string Platform, SourceLocation Location);
