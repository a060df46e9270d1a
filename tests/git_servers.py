"""Real git servers on loopback ports, and some that misbehave the way real ones do.

All serve one folder of bare repositories: over smart HTTP with passwords (nginx and fcgiwrap before git http-backend),
over ssh (an sshd of our own, with keys of our own), over git:// (git daemon) and as plain folders. Each is started when
a test first asks for it and stopped, by its process id, at the end of the session. What is not installed is skipped by
name.
"""

import contextlib
import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

KINDS = ("file", "http", "ssh", "daemon")
USER, PASSWORD, READER = "ann", "s3cret-word", "reader"
_PATIENCE_S = 20

_NGINX = """
daemon off; pid {state}/nginx.pid; error_log {state}/error.log; {user} worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log {state}/access.log; client_max_body_size 0;
    client_body_temp_path {state}/body; fastcgi_temp_path {state}/fastcgi; proxy_temp_path {state}/proxy;
    uwsgi_temp_path {state}/uwsgi; scgi_temp_path {state}/scgi;
    map "$remote_user $request_uri" $may_not_push {{ default 0; "~^reader .*git-receive-pack" 1; }}
    server {{
        listen 127.0.0.1:{port};
        location /login/ {{ default_type text/html; return 200 "<html><body>Please log in</body></html>"; }}
        location /broken/ {{ return 503; }}
        location /dumb/ {{ alias {repositories}/; }}
        location ~ ^/(git|cut)(/.*)$ {{
            if ($may_not_push) {{ return 403; }}
            auth_basic git; auth_basic_user_file {state}/passwords;
            fastcgi_pass unix:{state}/fcgi.sock;
            fastcgi_param SCRIPT_FILENAME {state}/$1;
            fastcgi_param GIT_PROJECT_ROOT {repositories};
            fastcgi_param GIT_HTTP_EXPORT_ALL 1;
            fastcgi_param PATH_INFO $2;
            fastcgi_param REMOTE_USER $remote_user;
            fastcgi_param REMOTE_ADDR $remote_addr;
            fastcgi_param QUERY_STRING $query_string;
            fastcgi_param REQUEST_METHOD $request_method;
            fastcgi_param CONTENT_TYPE $content_type;
            fastcgi_param CONTENT_LENGTH $content_length;
            fastcgi_param SERVER_PROTOCOL $server_protocol;
            fastcgi_param GIT_PROTOCOL $http_git_protocol;
            fastcgi_param GIT_CONFIG_GLOBAL /dev/null;
            fastcgi_read_timeout 60;
        }}
    }}
}}
"""
# Does what it is asked for, but nobody hears of it: as when the network fails after the server has written.
_CUT_HTTP = """#!/bin/sh
case "$REQUEST_METHOD $PATH_INFO" in
"POST "*git-receive-pack) {backend} >/dev/null; exit 1 ;;
*) exec {backend} ;;
esac
"""
_CUT_RECEIVE_PACK = """#!{python}
import subprocess, sys
server = subprocess.Popen(["git", "receive-pack", sys.argv[-1]], stdin=0, stdout=subprocess.PIPE)
line = b"...."
while line != b"0000":  # what it offers is handed on
    line = server.stdout.read(4)
    rest = server.stdout.read(int(line, 16) - 4) if line != b"0000" else b""
    sys.stdout.buffer.write(line + rest)
    sys.stdout.buffer.flush()
server.stdout.read()
sys.exit(1)
"""
_SSHD = """
Port {port}
ListenAddress 127.0.0.1
HostKey {state}/host_key
PidFile none
AuthorizedKeysFile {state}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AcceptEnv GIT_PROTOCOL
SetEnv GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
"""
# What GitHub says to a deploy key that may only read.
_READ_ONLY_KEY = """#!/bin/sh
case "$SSH_ORIGINAL_COMMAND" in
git-upload-pack*) exec sh -c "$SSH_ORIGINAL_COMMAND" ;;
*) echo 'ERROR: The key you are authenticating with has been marked as read only.' >&2; exit 1 ;;
esac
"""


@dataclass
class GitServers:
    """The servers of one session: ``state`` holds their files, ``repositories`` what they serve."""

    state: Path
    repositories: Path
    _ports: dict[str, int] = field(default_factory=dict)
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def address(self, kind: str, name: str) -> str:
        """Where the repository ``name`` is found over ``kind``, one of KINDS; starts the server."""
        if kind == "file":
            return f"file://{self.repositories}/{name}"
        port = self._port(kind)
        if kind == "http":
            return f"http://127.0.0.1:{port}/git/{name}"
        if kind == "ssh":
            return f"ssh://{getpass.getuser()}@127.0.0.1:{port}{self.repositories}/{name}"
        return f"git://127.0.0.1:{port}/{name}"

    def http(self, path: str) -> str:
        """The address of ``path`` on the HTTP server: ``login/x`` (a page), ``cut/x``, ``dumb/x``, ``broken/x``."""
        return f"http://127.0.0.1:{self._port('http')}/{path}"

    def environment(self, kind: str, *, may_push: bool = True, credentials: bool = True) -> dict[str, str]:
        """What a client of ``kind`` needs in its environment: credentials of a user, or of a reader, or none."""
        if kind == "ssh":
            key = self.state / ("key" if may_push else "read_only_key")
            options = f"-F none -o UserKnownHostsFile={self.state}/known_hosts -o IdentityAgent=none"
            return {"GIT_SSH_COMMAND": f"ssh {options} -o IdentitiesOnly=yes {f'-i {key}' if credentials else ''}"}
        if kind == "http" and credentials:
            who = USER if may_push else READER
            store = self.state / f"credentials-{who}"
            store.write_text(f"http://{who}:{PASSWORD}@127.0.0.1:{self._port('http')}\n")
            config = self.state / f"gitconfig-{who}"
            config.write_text(f"[credential]\n\thelper = store --file={store}\n")
            return {"GIT_CONFIG_GLOBAL": str(config)}
        return {}

    def cut_receive_pack(self) -> Path:
        """A receive-pack that changes the refs and dies before it says so; for ``remote.<name>.receivepack``."""
        import sys

        return _script(self.state / "cut-receive-pack", _CUT_RECEIVE_PACK.format(python=sys.executable))

    def stop(self) -> None:
        """End every server."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in self._processes:
                # With those it forked, which fcgiwrap leaves behind.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
            for process in self._processes:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(10)

    def _port(self, kind: str) -> int:
        if kind not in self._ports:
            start: Callable[[int], None] = {"http": self._nginx, "ssh": self._sshd, "daemon": self._daemon}[kind]
            port = _free_port()
            start(port)
            _wait_for(port, self.state)
            self._ports[kind] = port
        return self._ports[kind]

    def _nginx(self, port: int) -> None:
        nginx, fcgiwrap = _program("nginx", "nginx-light"), _program("fcgiwrap", "fcgiwrap")
        backend = f"{_git_core()}/git-http-backend"
        (self.state / "git").symlink_to(backend)
        _script(self.state / "cut", _CUT_HTTP.format(backend=backend))
        (self.state / "passwords").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n{READER}:{{PLAIN}}{PASSWORD}\n")
        user = "user root;" if os.getuid() == 0 else ""
        config = _NGINX.format(state=self.state, repositories=self.repositories, port=port, user=user)
        (self.state / "nginx.conf").write_text(config)
        # git http-backend spins for ever on a request whose sender was killed; none here needs a minute.
        self._start(["prlimit", "--cpu=60", fcgiwrap, "-c", "4", "-s", f"unix:{self.state}/fcgi.sock"])
        self._start([nginx, "-e", f"{self.state}/error.log", "-c", f"{self.state}/nginx.conf"])

    def _sshd(self, port: int) -> None:
        sshd = _program("sshd", "openssh-server")
        _program("ssh", "openssh-client")
        for name in ("host_key", "key", "read_only_key"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{self.state}/{name}"], check=True, timeout=60
            )
        read_only = _script(self.state / "read-only", _READ_ONLY_KEY)
        keys = [(self.state / f"{name}.pub").read_text() for name in ("host_key", "key", "read_only_key")]
        (self.state / "authorized_keys").write_text(f'{keys[1]}restrict,command="{read_only}" {keys[2]}')
        (self.state / "known_hosts").write_text(f"[127.0.0.1]:{port} {keys[0]}")
        (self.state / "sshd_config").write_text(_SSHD.format(port=port, state=self.state))
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # where sshd shuts its unprivileged part in
        self._start([sshd, "-D", "-e", "-f", f"{self.state}/sshd_config"])

    def _daemon(self, port: int) -> None:
        program = f"{_git_core()}/git-daemon"
        if not Path(program).exists():
            pytest.skip("git daemon is not installed (Debian package git)")
        options = ["--reuseaddr", "--listen=127.0.0.1", f"--port={port}", f"--base-path={self.repositories}"]
        self._start([program, *options, "--export-all", "--enable=receive-pack", "--informative-errors"])

    def _start(self, command: list[str]) -> None:
        with open(self.state / f"{Path(command[0]).name}.log", "ab") as log:
            self._processes.append(
                subprocess.Popen(
                    command, cwd=self.state, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )
            )


@dataclass(frozen=True)
class Served:
    """One bare repository that a server gives out: its folder, and how its clients address it."""

    kind: str
    path: Path
    address: str


@pytest.fixture(scope="session")
def git_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitServers]:
    """The servers of this session, none of them started yet."""
    state = tmp_path_factory.mktemp("git-servers")
    (state / "repositories").mkdir()
    servers = GitServers(state, state / "repositories")
    yield servers
    servers.stop()


@pytest.fixture
def serve(
    git_servers: GitServers, git: Callable[..., str], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Callable[..., Served]:
    """``serve("http")``: a fresh bare repository behind that server, and credentials for it in the environment.

    It filters objects, unless ``filters=False``; ``may_push=False`` gives credentials that only read, and
    ``credentials=False`` none.
    """
    count = iter(range(1000))

    def make(kind: str, *, filters: bool = True, may_push: bool = True, credentials: bool = True) -> Served:
        name = f"{abs(hash(request.node.nodeid)):x}-{next(count)}.git"
        path = git_servers.repositories / name
        git("init", "--quiet", "--bare", "--initial-branch=main", str(path), cwd=git_servers.repositories)
        git("config", "http.receivepack", "true", cwd=path)
        git("config", "uploadpack.allowFilter", str(filters).lower(), cwd=path)
        address = git_servers.address(kind, name)
        for key, value in git_servers.environment(kind, may_push=may_push, credentials=credentials).items():
            monkeypatch.setenv(key, value)
        return Served(kind, path, address)

    return make


@pytest.fixture(params=KINDS)
def served(request: pytest.FixtureRequest, serve: Callable[..., Served]) -> Served:
    """A fresh bare repository behind each kind of server in turn."""
    return serve(request.param)


def decline(repository: Path, hook: str, text: str) -> None:
    """Let ``repository`` run ``hook``, a shell script whose words ``text`` are."""
    _script(repository / "hooks" / hook, f"#!/bin/sh\n{text}\n")


def _script(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def _program(name: str, package: str) -> str:
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed (Debian package {package})")
    return found


def _git_core() -> str:
    return subprocess.run(["git", "--exec-path"], capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int, state: Path) -> None:
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    logs = "\n".join(path.read_text(errors="replace")[-2000:] for path in state.glob("*.log"))
    raise AssertionError(f"no server came up on port {port}:\n{logs}")
