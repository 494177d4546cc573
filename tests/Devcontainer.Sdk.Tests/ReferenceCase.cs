using Devcontainer.Sdk.Tests.Harness;

namespace Devcontainer.Sdk.Tests;

/// <summary>A configuration that both tools build.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="Configuration">devcontainer.json.</param>
/// <param name="Dockerfile">The Dockerfile beside it; null for none.</param>
/// <param name="Features">Features beside it: name, metadata without id and version, script.</param>
internal sealed record ReferenceCase(string Name, string Configuration, string? Dockerfile = null, params (string Name, string Metadata, string Script)[] Features)
{
    private const string Build = "\"build\": { \"dockerfile\": \"Dockerfile\" }";

    private static readonly (string, string, string) Hello =
        ("hello", """ "options": { "greeting": { "type": "string", "default": "Hello" }, "loud": { "type": "boolean", "default": false } } """, "echo $GREETING $LOUD >/usr/local/hello\n");

    private static readonly (string, string, string) Second = ("second", """ "installsAfter": ["./hello"] """, "cat /usr/local/hello >/usr/local/second 2>/dev/null || echo none >/usr/local/second\n");

    /// <summary>All of them.</summary>
    /// <param name="debian">A base image without metadata.</param>
    /// <param name="basis">One with metadata and the user vscode.</param>
    internal static IEnumerable<ReferenceCase> All(string debian, string basis)
    {
        (debian, basis) = ($"{TestEngine.Registry}/library/{debian}", $"{TestEngine.Registry}/{basis}");
        yield return new("a Feature with options", $$"""{ "image": "{{debian}}", "features": { "./hello": { "greeting": "Good morning", "loud": true } } }""", null, Hello);
        yield return new("a Dockerfile", $$"""{ {{Build}} }""", $"FROM {debian}\nRUN echo made >/made\n");
        yield return new(
            "a base image's metadata, the user and lifecycle commands",
            $$"""
            {
              "image": "{{basis}}", "features": { "./hello": {} }, "remoteUser": "vscode", "onCreateCommand": "true", "postCreateCommand": ["echo", "a b"],
              "postStartCommand": { "a": "true", "b": ["true"] }, "customizations": { "vscode": { "extensions": ["a.b"] } }
            }
            """,
            null,
            Hello);
        yield return new("an image", $$"""{ "image": "{{debian}}" }""");
        yield return new("an image with metadata", $$"""{ "image": "{{basis}}", "remoteEnv": { "A": "${containerEnv:HOME}" }, "forwardPorts": [3000] }""");
        yield return new("variables without Features", $$"""{ "image": "{{debian}}", "containerEnv": { "EDITOR": "vi" } }""");
        yield return new("variables with Features", $$"""{ "image": "{{debian}}", "features": { "./hello": {} }, "containerEnv": { "EDITOR": "vi", "QUOTED": "a \"b\" c" } }""", null, Hello);
        yield return new("the user of a Dockerfile", $$"""{ {{Build}}, "features": { "./hello": {} } }""", $"FROM {debian}\nRUN useradd -m dev\nUSER dev\n", Hello);
        yield return new("another remote user", $$"""{ {{Build}}, "features": { "./who": {} }, "remoteUser": "dev" }""", $"FROM {debian}\nRUN useradd -m dev\n", Who);
        yield return new("another container user", $$"""{ {{Build}}, "features": { "./who": {} }, "containerUser": "dev" }""", $"FROM {debian}\nRUN useradd -m dev\n", Who);
        yield return new(
            "build arguments and a target",
            """{ "build": { "dockerfile": "Dockerfile", "args": { "LEVEL": "2", "TEXT": "a b" }, "target": "dev" } }""",
            $"FROM {debian} AS dev\nARG LEVEL=1\nARG TEXT\nRUN echo $LEVEL $TEXT >/level\nFROM dev AS full\nRUN touch /full\n");
        yield return new(
            "a target with Features",
            """{ "build": { "dockerfile": "Dockerfile", "target": "dev" }, "features": { "./hello": {} } }""",
            $"FROM {debian} AS dev\nRUN touch /dev-stage\nFROM dev AS full\nRUN touch /full\n",
            Hello);
        yield return new("an unnamed last stage with Features", $$"""{ {{Build}}, "features": { "./hello": {} } }""", $"FROM {debian} AS one\nRUN touch /one\nFROM {debian}\nCOPY --from=one /one /one\n", Hello);
        yield return new(
            "entrypoint, command, labels, ports and volumes",
            $$"""{ {{Build}}, "overrideCommand": false }""",
            $"FROM {debian}\nENTRYPOINT [\"/bin/sh\", \"-c\"]\nCMD [\"sleep 1\"]\nLABEL team=a\nEXPOSE 80\nVOLUME /data\nWORKDIR /work\nSTOPSIGNAL SIGINT\n");
        yield return new("files of the context", """{ "build": { "dockerfile": "Dockerfile", "context": ".." } }""", $"FROM {debian}\nCOPY .devcontainer/hello /hello\n", Hello);
        yield return new("two Features in their order", $$"""{ "image": "{{debian}}", "features": { "./second": {}, "./hello": {} } }""", null, Hello, Second);
        yield return new("two Features in the given order", $$"""{ "image": "{{debian}}", "features": { "./hello": {}, "./second": {} }, "overrideFeatureInstallOrder": ["./second", "./hello"] }""", null, Hello, Second);
        yield return new("a Feature that needs another", $$"""{ "image": "{{debian}}", "features": { "./needs": {} } }""", null, Hello, ("needs", """ "dependsOn": { "./hello": { "greeting": "from needs" } } """, "cp /usr/local/hello /usr/local/needs\n"));
        yield return new(
            "what a Feature adds to the image and to the container",
            $$"""{ "image": "{{debian}}", "features": { "./more": {} } }""",
            null,
            ("more",
                """
                 "containerEnv": { "TOOL": "/opt/tool", "PATH": "/opt/tool/bin:${PATH}" }, "init": true, "privileged": true, "capAdd": ["SYS_PTRACE"], "securityOpt": ["seccomp=unconfined"],
                 "entrypoint": "/usr/local/start", "mounts": [{ "source": "data", "target": "/data", "type": "volume" }], "onCreateCommand": "true", "customizations": { "vscode": { "settings": { "a": 1 } } }
                """,
                "mkdir -p /opt/tool/bin\nprintf '#!/bin/sh\\nexec \"$@\"\\n' >/usr/local/start\nchmod +x /usr/local/start\n"));
        yield return new(
            "options of every type",
            $$"""{ "image": "{{debian}}", "features": { "./options": { "text": "a b", "choice": "two", "flag": true, "free": "x" } } }""",
            null,
            ("options",
                """ "options": { "text": { "type": "string", "default": "" }, "choice": { "type": "string", "enum": ["one", "two"], "default": "one" }, "flag": { "type": "boolean", "default": false }, "free": { "type": "string", "proposals": ["y"], "default": "y" }, "version": { "type": "string", "default": "latest" } } """,
                "printf '%s|' \"$TEXT\" \"$CHOICE\" \"$FLAG\" \"$FREE\" \"$VERSION\" >/usr/local/options\n"));
        yield return new("the old names", $$"""{ "dockerFile": "Dockerfile", "context": ".", "extensions": ["a.b"], "settings": { "x": 1 }, "devPort": 1234 }""", $"FROM {debian}\nRUN touch /old\n");
        yield return new("a Compose service of an image", """{ "dockerComposeFile": "compose.yml", "service": "app", "features": { "./who": {} }, "workspaceFolder": "/src" }""", null, Who)
        {
            Compose = $"services:\n  app:\n    image: {debian}\n    user: daemon\n    volumes: [\"..:/src\"]\n    command: sleep infinity\n  db:\n    image: {debian}\n",
        };
        yield return new(
            "a Compose service that builds",
            """{ "dockerComposeFile": ["compose.yml", "more.yml"], "service": "app", "features": { "./hello": {} }, "remoteUser": "dev" }""",
            $"FROM {debian} AS dev\nARG LEVEL=1\nARG TEXT\nRUN useradd -m dev && echo $LEVEL $TEXT >/level\nFROM dev AS full\nRUN touch /full\n",
            Hello)
        {
            Compose = "services:\n  app:\n    build:\n      context: .\n      target: full\n      args: { LEVEL: 2 }\n      labels: { team: a }\n",
            MoreCompose = "services:\n  app:\n    build:\n      target: dev\n      args: [\"TEXT=a ${WHAT:-b}\"]\n",
        };
        yield return new(
            "everything that only the label has",
            $$"""
            {
              "name": "label", "image": "{{debian}}", "init": true, "privileged": false, "capAdd": ["NET_ADMIN"], "securityOpt": ["label=disable"],
              "mounts": ["source=a,target=/a,type=volume"], "userEnvProbe": "loginShell", "updateRemoteUserUID": false, "overrideCommand": true, "shutdownAction": "none",
              "waitFor": "onCreateCommand", "portsAttributes": { "3000": { "label": "app" } }, "otherPortsAttributes": { "onAutoForward": "silent" },
              "hostRequirements": { "cpus": 2, "memory": "4gb", "storage": "8gb" }, "remoteEnv": { "LOCAL": "${localEnv:HOME}" }
            }
            """);
    }

    /// <summary>One of which no engine has a layer yet, with all that an option, a Feature and a user may have in them.</summary>
    internal static ReferenceCase WithUniqueLayers(string debian) => new(
        "unique",
        $$"""
        {
          {{Build}}, "features": { "./hello": { "greeting": "it's \"so\", $HOME", "loud": true }, "./old": {} },
          "remoteUser": "dev.one", "containerEnv": { "EDITOR": "vi $X \"q\"" }
        }
        """,
        $"FROM {TestEngine.Registry}/library/{debian}\nRUN useradd --badname -m dev.one && echo {Guid.NewGuid()} >/unique\n",
        Hello with { Item2 = """ "name": "It's hello", "description": "Says it", "documentationURL": "https://example.com/hello", "containerEnv": { "TOOL": "1", "PATH": "/opt/x:${PATH}" }, """ + Hello.Item2 },
        ("old", """ "deprecated": true """, "echo $_REMOTE_USER $_REMOTE_USER_HOME >/usr/local/old\n"));

    /// <summary>A Compose service of an image, the Feature of which no engine has installed yet.</summary>
    internal static ReferenceCase ServiceWithUniqueFeature(string debian) => new(
        "unique service",
        """{ "dockerComposeFile": "compose.yml", "service": "app", "features": { "./hello": {} }, "workspaceFolder": "/src" }""",
        null,
        Hello with { Item2 = """ "deprecated": true, """ + Hello.Item2, Item3 = $"echo {Guid.NewGuid()} >/unique\n" })
    {
        Compose = $"services:\n  app:\n    image: {TestEngine.Registry}/library/{debian}\n    volumes: [\"..:/src\"]\n    command: sleep infinity\n",
    };

    /// <summary>compose.yml beside it; null for none.</summary>
    internal string? Compose { get; init; }

    /// <summary>more.yml, which comes over that; null for none.</summary>
    internal string? MoreCompose { get; init; }

    private static (string, string, string) Who => ("who", "", "echo $_REMOTE_USER $_REMOTE_USER_HOME $_CONTAINER_USER $_CONTAINER_USER_HOME >/usr/local/who\n");

    /// <summary>Writes it.</summary>
    internal void Write(Workspace workspace)
    {
        workspace.Write("dev.proj", """<Project Sdk="Devcontainer.Sdk" />""");
        workspace.Write(".devcontainer/devcontainer.json", Configuration);
        if (Dockerfile is not null)
        {
            workspace.Write(".devcontainer/Dockerfile", Dockerfile);
        }

        foreach ((string name, string? text) in new[] { ("compose.yml", Compose), ("more.yml", MoreCompose) })
        {
            if (text is not null)
            {
                workspace.Write($".devcontainer/{name}", text);
            }
        }

        foreach ((string name, string metadata, string script) in Features)
        {
            workspace.Write($".devcontainer/{name}/devcontainer-feature.json", $$"""{ "id": "{{name}}", "version": "1.0.0", "name": "{{name}}"{{(metadata.Length > 0 ? "," + metadata : "")}} }""");
            workspace.WriteScript($".devcontainer/{name}/install.sh", "#!/bin/sh\nset -e\n" + script);
        }
    }
}
