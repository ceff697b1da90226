{
  # node-gyp's way of building the same addon. Which files exist stands in native/sources.json.
  "targets": [
    {
      "target_name": "plenum",
      "sources": [
        "<!@(node -p \"const s=require('./native/sources.json');[...s.core,...s.crypto,...s.io,...s.binding].map(f=>'native/'+f).join(' ')\")"
      ],
      "include_dirs": ["native"],
      "defines": [
        "<!@(node -p \"require('./native/sources.json').defines.join(' ')\")",
        "NAPI_VERSION=8",
        "NODE_ADDON_API_DISABLE_DEPRECATED",
        "NAPI_DISABLE_CPP_EXCEPTIONS",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"
      ],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-fno-rtti"],
      # -isystem: our warnings are for our code. Absolute, because make runs in build/.
      "cflags_cc": [
        "-isystem <!(node -p \"require('path').dirname(require.resolve('node-addon-api'))\")",
        "-std=c++20", "-O3", "-fvisibility=hidden", "-fvisibility-inlines-hidden", "-fstack-protector-strong",
        "<!@(node -p \"require('./native/sources.json').warnings.join(' ')\")"
      ],
      "ldflags": [
        "-Wl,--exclude-libs,ALL", "-Wl,-Bsymbolic", "-Wl,-z,relro,-z,now,-z,nodelete",
        "-Wl,--version-script=<(module_root_dir)/native/binding/exports.map"
      ],
      "libraries": ["-l:libssl.a", "-l:libcrypto.a", "-l:libIPSec_MB.a"]
    }
  ]
}
