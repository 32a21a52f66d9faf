;; What test_engine.c runs. Imports are given by the test:
;;   arg(i) -> i64    the i-th argument of the message, 500 instructions
;;   put(at, size)    the host writes size bytes 0xab to the heap, 100 + size instructions
;;   fail()           the host traps
;;   charge(n i64)    the host charges n more instructions
;;   stable(at i64, value i32)  the host writes one byte of stable memory
(module
  (import "ic0" "arg" (func $arg (param i32) (result i64)))
  (import "ic0" "put" (func $put (param i32 i32)))
  (import "ic0" "fail" (func $fail))
  (import "ic0" "charge" (func $charge (param i64)))
  (import "ic0" "stable" (func $stable (param i64 i32)))
  (memory 32 64)
  (table 4 funcref)
  (elem (i32.const 0) $set_global $wrong_type)
  (data (i32.const 4096) "hello")
  (data $passive "passive")
  (global $g (mut i64) (i64.const 7))
  (global $fixed i64 (i64.const 3))
  (global $v (mut v128) (v128.const i64x2 1 2))

  (func $set_global (param i32) (global.set $g (i64.extend_i32_u (local.get 0))))
  (func $wrong_type (param i64))
  (func $a0 (result i32) (i32.wrap_i64 (call $arg (i32.const 0))))
  (func $a1 (result i32) (i32.wrap_i64 (call $arg (i32.const 1))))
  (func $a2 (result i32) (i32.wrap_i64 (call $arg (i32.const 2))))

  (func (export "empty"))
  ;; global := arg 0
  (func (export "set") (global.set $g (call $arg (i32.const 0)))
    (global.set $v (v128.const i64x2 5 6)))
  ;; traps unless global = arg 0 and the first half of $v = arg 1
  (func (export "expect")
    (if (i64.ne (global.get $g) (call $arg (i32.const 0))) (then unreachable))
    (if (i64.ne (i64x2.extract_lane 0 (global.get $v)) (call $arg (i32.const 1))) (then unreachable)))
  ;; stores the byte arg 1 at arg 0, step arg 3 times with a distance of 4096, then traps if arg 2
  (func (export "poke") (local $at i32) (local $left i32)
    (local.set $at (call $a0))
    (local.set $left (i32.wrap_i64 (call $arg (i32.const 3))))
    (loop $again
      (i32.store8 (local.get $at) (call $a1))
      (local.set $at (i32.add (local.get $at) (i32.const 4096)))
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $again (local.get $left)))
    (if (call $a2) (then unreachable)))
  ;; traps unless the byte at arg 0 is arg 1
  (func (export "peek")
    (if (i32.ne (i32.load8_u (call $a0)) (call $a1)) (then unreachable)))
  ;; grows by arg 0 pages, writes the last byte, traps if arg 2
  (func (export "grow")
    (if (i32.eq (memory.grow (call $a0)) (i32.const -1)) (then (drop (i32.div_u (i32.const 1) (i32.const 0)))))
    (i32.store8 (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)) (i32.const 9))
    (if (call $a2) (then unreachable)))
  ;; traps unless memory.size is arg 0
  (func (export "size") (if (i32.ne (memory.size) (call $a0)) (then unreachable)))
  (func (export "host_put") (call $put (call $a0) (call $a1)))
  (func (export "host_fail") (i32.store (i32.const 0) (i32.const 1)) (call $fail))
  (func (export "host_charge") (call $charge (call $arg (i32.const 0))))
  (func (export "host_stable") (call $stable (call $arg (i32.const 0)) (call $a1))
    (if (call $a2) (then unreachable)))
  (func (export "fill") (memory.fill (call $a0) (i32.const 1) (call $a1)))
  (func $deep (export "deep") (call $deep) (call $deep))
  (func (export "far") (drop (i32.load (i32.const -1))))
  (func (export "divide") (drop (i64.div_s (i64.const 1) (i64.const 0))))
  (func (export "no_element") (call_indirect (param i32) (i32.const 1) (i32.const 9)))
  (func (export "null_element") (call_indirect (param i32) (i32.const 1) (i32.const 3)))
  (func (export "spin") (loop (br 0)))
  ;; once per message
  (func (export "init_and_drop") (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 7))
    (data.drop $passive))
)
