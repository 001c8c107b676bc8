//! Components that export what `wit/` says and do something else.
//!
//! Each is made of the WIT itself: the core module's functions get their signatures from it, and bodies from the test
//! that wants them. All others answer zeros, which is a value of every type here but a handle.

use headroom_tests::root;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::abi::WasmType;
use wit_parser::{
    Function, LiftLowerAbi, ManglingAndAbi, PackageId, Resolve, ResourceIntrinsic, TypeDefKind, WasmExport,
    WasmExportKind, WasmImport, WorldId, WorldItem, WorldKey,
};

const MANGLING: ManglingAndAbi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);

/// Where the zeros are.
const ZEROS: &str = "(i32.const 1024)";

/// A component to be made.
#[derive(Clone, Copy)]
pub struct Hostile<'a> {
    /// The version of the package.
    pub version: &'a str,
    /// The world's items.
    pub world: &'a str,
    /// Functions by their name in the WIT, or that of a destructor, and the text of what they do.
    pub bodies: &'a [(&'a str, &'a str)],
    /// Pages of memory in the beginning.
    pub pages: u32,
}

impl Default for Hostile<'_> {
    fn default() -> Self {
        Self { version: "0.1.0", world: "export limiter;", bodies: &[], pages: 1 }
    }
}

impl Hostile<'_> {
    /// The component's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let (resolve, world) = self.wit();
        let text = self.module(&resolve, world);
        let mut module = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
            .expect("the world is the WIT's");
        let mut encoder = ComponentEncoder::default();
        encoder.validate(true).module(&module).expect("a module of this world").encode().expect("a component")
    }

    fn wit(&self) -> (Resolve, WorldId) {
        let files = ["types", "limiter", "client"].map(|name| {
            let text = std::fs::read_to_string(root().join("wit").join(name).with_extension("wit")).expect("the WIT");
            text.lines().filter(|line| !line.starts_with("package ")).collect::<Vec<_>>().join("\n")
        });
        let strange = "interface strange { run: func(); }";
        let world = format!("world wanted {{ {} }}", self.world);
        let text = format!("package headroom:forge@0.1.0;\n{}\n{strange}\n{world}", files.join("\n"));
        let text = text.replace("0.1.0", self.version);
        let mut resolve = Resolve::default();
        let package: PackageId = resolve.push_source("hostile.wit", &text).expect("the WIT parses");
        let world = resolve.packages[package].worlds["wanted"];
        (resolve, world)
    }

    fn module(&self, resolve: &Resolve, world: WorldId) -> String {
        let world = &resolve.worlds[world];
        let (mut imports, mut functions) = (String::new(), String::new());
        for (key, item) in &world.imports {
            let WorldItem::Interface { id, .. } = item else { continue };
            for function in resolve.interfaces[*id].functions.values().filter(|function| !function.kind.is_async()) {
                let import = WasmImport::Func { interface: Some(key), func: function };
                imports += &import_of(resolve, import, &signature(resolve, function));
            }
        }
        for (key, item) in &world.exports {
            let WorldItem::Interface { id, .. } = item else { continue };
            for function in resolve.interfaces[*id].functions.values() {
                functions += &self.export(resolve, key, function);
            }
            for (name, ty) in &resolve.interfaces[*id].types {
                if !matches!(resolve.types[*ty].kind, TypeDefKind::Resource) {
                    continue;
                }
                let new = ResourceIntrinsic::ExportedNew;
                let new = WasmImport::ResourceIntrinsic { interface: Some(key), resource: *ty, intrinsic: new };
                imports += &import_of(resolve, new, &format!("$new-{name} (param i32) (result i32)"));
                let dtor = WasmExport::ResourceDtor { interface: key, resource: *ty };
                let dtor = resolve.wasm_export_name(MANGLING, dtor);
                let body = self.body(&format!("[dtor]{name}")).unwrap_or_default();
                functions += &format!("(func (export {dtor:?}) (param i32) {body})\n");
            }
        }
        let start = self.body("_initialize").unwrap_or_default();
        format!(
            "(module {imports} (memory (export \"memory\") {}) (table $table 1 funcref)
            (global $at (mut i32) (i32.const 8192))
            (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) (local $given i32)
                (if (i32.gt_u (i32.add (global.get $at) (local.get 3)) (i32.const 65000))
                    (then (global.set $at (i32.const 8192))))
                (local.set $given (global.get $at))
                (global.set $at
                    (i32.and (i32.add (i32.add (global.get $at) (local.get 3)) (i32.const 7)) (i32.const -8)))
                (local.get $given))
            (func (export \"_initialize\") {start})
            {functions})",
            self.pages
        )
    }

    fn body(&self, name: &str) -> Option<&str> {
        self.bodies.iter().find(|(of, _)| *of == name).map(|(_, body)| *body)
    }

    fn export(&self, resolve: &Resolve, key: &WorldKey, function: &Function) -> String {
        let kind = WasmExportKind::Normal;
        let name = resolve.wasm_export_name(MANGLING, WasmExport::Func { interface: Some(key), func: function, kind });
        let answer = match function.name.as_str() {
            "[constructor]limiter" => "(i32.store (i32.const 2052) (call $new-limiter (i32.const 1))) (i32.const 2048)",
            "[method]limiter.begin" => "(call $new-call (i32.const 1))",
            _ if function.result.is_none() => "",
            _ => ZEROS,
        };
        let body = self.body(&function.name).unwrap_or(answer);
        format!("(func (export {name:?}) {} {body})\n", signature(resolve, function))
    }
}

fn import_of(resolve: &Resolve, import: WasmImport<'_>, function: &str) -> String {
    let (module, name) = resolve.wasm_import_name(MANGLING, import);
    format!("(import {module:?} {name:?} (func {function}))\n")
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let signature = resolve.wasm_signature(MANGLING.export_variant(), function);
    let list = |what: &str, types: &[WasmType]| {
        let types: Vec<_> = types
            .iter()
            .map(|ty| match ty {
                WasmType::I64 | WasmType::PointerOrI64 => "i64",
                WasmType::F32 => "f32",
                WasmType::F64 => "f64",
                WasmType::I32 | WasmType::Pointer | WasmType::Length => "i32",
            })
            .collect();
        format!("({what} {})", types.join(" "))
    };
    format!("{} {}", list("param", &signature.params), list("result", &signature.results))
}
