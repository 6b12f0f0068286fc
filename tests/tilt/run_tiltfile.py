"""Runs the Tiltfile with stubs in Tilt's place, and prints what it called as JSON.

On standard input: {"files": parsed YAML and JSON by path, "answers": parsed output by what is asked for, "subcommand": "up" or "ci"}.
With the package starlark-pyo3 it is Starlark that runs it; without, Python does, of which Starlark is a part, once it is seen
that nothing is used that only Python has.
"""
import ast
import json
import os
import sys
import tokenize

given = json.load(sys.stdin)
calls = []

# Names and parameters as Tilt's API reference has them. A star: it is needed.
API = {
    'version_settings': 'constraint check_updates',
    'update_settings': 'max_parallel_updates k8s_upsert_timeout_secs suppress_unused_image_warnings',
    'ci_settings': 'k8s_grace_period timeout readiness_timeout',
    'k8s_yaml': '*yaml allow_duplicates',
    'k8s_resource': 'workload new_name port_forwards extra_pod_selectors trigger_mode resource_deps objects auto_init pod_readiness links labels',
    'local_resource': '*name cmd deps trigger_mode resource_deps ignore auto_init serve_cmd cmd_bat serve_cmd_bat allow_parallel links tags '
    'env serve_env readiness_probe dir serve_dir labels',
    'custom_build': '*ref *command *deps tag disable_push skips_local_docker live_update match_in_env_vars ignore entrypoint',
    'helm': '*pathToChartDir name namespace values set kube_version skip_crds',
    'local': '*command quiet command_bat echo_off env dir stdin',
    'sync': '*local_path *remote_path',
    'port_forward': '*local_port container_port name link_path host',
    'read_yaml': '*path default',
    'read_json': '*path default',
    'decode_json': '*json',
    'decode_yaml_stream': '*yaml',
    'encode_yaml_stream': '*objs',
}


def plain(value):
    """Tilt encodes maps with string keys, lists, strings, ints and bools, and nothing else."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and plain(one) for key, one in value.items())
    return all(map(plain, value)) if isinstance(value, list) else isinstance(value, (str, int, bool))


def answer(name, call):
    if name in ('read_yaml', 'read_json'):
        return given['files'][call['path']]
    if name == 'helm':
        return 'helm ' + call['pathToChartDir']
    if name == 'local':
        command = call['command']
        return 'local ' + (command if isinstance(command, str) else ' '.join(command))
    if name in ('decode_json', 'decode_yaml_stream'):
        return given['answers'][next(iter(call.values()))]
    if name == 'encode_yaml_stream' and not plain(call['objs']):
        raise TypeError('encode_yaml_stream was given what Tilt cannot encode')
    return {'call': name, **call} if name in ('sync', 'port_forward', 'encode_yaml_stream') else None


def stub(name):
    words = API[name].split()
    parameters = [word.lstrip('*') for word in words]

    def called(*args, **kwargs):
        if len(args) > len(parameters):
            raise TypeError('%s takes no %d arguments' % (name, len(args)))
        call = dict(zip(parameters, args))
        for key, value in kwargs.items():
            if key not in parameters or key in call:
                raise TypeError('%s has no parameter %s, or it is given twice' % (name, key))
            call[key] = value
        for word in words:
            if word[0] == '*' and word[1:] not in call:
                raise TypeError('%s needs %s' % (name, word[1:]))
        # As it is at the time of the call.
        calls.append(json.loads(json.dumps({'name': name, 'with': call})))
        return answer(name, call)

    return called


STUBS = {name: stub(name) for name in API}
SOURCE = open('Tiltfile', encoding='utf8').read()
CONSTANTS = {'TRIGGER_MODE_MANUAL': 'manual', 'TRIGGER_MODE_AUTO': 'auto'}


def in_starlark(starlark):
    module = starlark.Module()
    for name, value in CONSTANTS.items():
        module[name] = value
    for name, function in {**STUBS, 'getcwd_': os.getcwd, 'join_': os.path.join}.items():
        module.add_callable(name, function)
    globals_ = starlark.Globals.extended_by([starlark.LibraryExtension.StructType])
    prelude = 'os = struct(getcwd=getcwd_, path=struct(join=join_))\nconfig = struct(tilt_subcommand=%r)\n' % given['subcommand']
    dialect = starlark.Dialect.extended()
    dialect.enable_top_level_stmt = True
    starlark.eval(module, starlark.parse('Tiltfile', prelude + SOURCE, dialect), globals_)


ONLY_PYTHON = (
    ast.While, ast.Try, ast.With, ast.ClassDef, ast.Import, ast.ImportFrom, ast.JoinedStr, ast.Global, ast.Nonlocal, ast.Assert, ast.Raise,
    ast.Yield, ast.YieldFrom, ast.Set, ast.SetComp, ast.GeneratorExp, ast.NamedExpr, ast.AsyncFunctionDef, ast.Is, ast.IsNot, ast.Pow, ast.Delete,
)


def in_python():
    for node in ast.walk(ast.parse(SOURCE)):
        if isinstance(node, ONLY_PYTHON) or isinstance(node, ast.Compare) and len(node.ops) > 1:
            raise SyntaxError('line %d: %s is not Starlark' % (node.lineno, type(node).__name__))
    lines = iter(SOURCE.splitlines(keepends=True))
    kinds = [token.type for token in tokenize.generate_tokens(lambda: next(lines, '')) if token.type not in (tokenize.NL, tokenize.COMMENT)]
    if any(pair == (tokenize.STRING, tokenize.STRING) for pair in zip(kinds, kinds[1:])):
        raise SyntaxError('strings side by side are not joined in Starlark')
    path = type('path', (), {'join': staticmethod(os.path.join)})
    modules = {'os': type('os', (), {'getcwd': staticmethod(os.getcwd), 'path': path}),
               'config': type('config', (), {'tilt_subcommand': given['subcommand']})}
    # The built-ins that both have.
    builtins = {name: __builtins__.__dict__[name] for name in ('sorted', 'range', 'len', 'list', 'dict', 'str', 'int', 'zip', 'enumerate', 'True', 'False')
                if name in __builtins__.__dict__}
    exec(compile(SOURCE, 'Tiltfile', 'exec'), {'__builtins__': builtins, **STUBS, **CONSTANTS, **modules})


try:
    import starlark
except ImportError:
    starlark = None
in_starlark(starlark) if starlark else in_python()
json.dump({'engine': 'Starlark' if starlark else 'Python', 'calls': calls}, sys.stdout)
