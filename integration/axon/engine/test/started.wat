;; A module with a start function, which the engine runs only when told to.
(module
  (memory 1)
  (func $begin (i32.store (i32.const 8) (i32.const 42)))
  (start $begin)
  (func (export "expect_started") (if (i32.ne (i32.load (i32.const 8)) (i32.const 42)) (then unreachable)))
)
