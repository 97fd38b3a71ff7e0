//! Which of the language's means a template may use: those that cannot make much of little.
//!
//! Fuel counts a template's steps, not what a step makes. `"x"|indent(99999999999)` is one step, and so is
//! each doubling of a text; constants are even worked out while a template is compiled. So a text is
//! parsed, and compiled only when each of its parts is one of these. What is left cannot make texts or
//! lists grow but by [`super::filters`], which are bounded.

use minijinja::machinery::ast::{BinOp, BinOpKind, CallArg, Expr, Filter, Stmt, UnaryOpKind};
use minijinja::machinery::{Span, Token, parse, tokenize};
use minijinja::syntax::SyntaxConfig;

use super::words;

/// The filters, as `docs/telegram.md` lists them.
pub(super) const FILTERS: [&str; 18] = [
    "abs",
    "capitalize",
    "count",
    "d",
    "default",
    "first",
    "float",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lower",
    "replace",
    "round",
    "title",
    "trim",
    "upper",
];
/// The tests, as in `{% if x is defined %}`. `divisibleby` is none: by zero it panics.
const TESTS: [&str; 22] = [
    "boolean",
    "defined",
    "endingwith",
    "eq",
    "even",
    "false",
    "float",
    "ge",
    "gt",
    "in",
    "integer",
    "le",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
];
/// The most words and signs of a template's text in all. `elif` nests one deeper each time.
const MAX_TOKENS: usize = 1_000;
/// The most of them inside one pair of braces: parsing and compiling go as deep as they are many.
const MAX_TOKENS_OF_TAG: usize = 150;

type Checked = Result<(), String>;

/// Whether a text may be compiled and rendered, or why it may not and where.
pub(super) fn check(text: &str) -> Checked {
    must_be_short(text)?;
    let template = parse(text, "", SyntaxConfig::default()).map_err(|error| words(&error))?;
    statement(&template)
}

fn must_be_short(text: &str) -> Checked {
    let (mut all, mut of_tag) = (0, 0);
    for token in tokenize(text, false, SyntaxConfig::default()) {
        // Parsing finds the same fault, and says what it is.
        let Ok((token, span)) = token else { break };
        let opens = matches!(token, Token::VariableStart | Token::BlockStart);
        of_tag = if opens { 1 } else { of_tag + 1 };
        all += 1;
        if all > MAX_TOKENS || of_tag > MAX_TOKENS_OF_TAG {
            return Err(refused(span, "is too much for a template"));
        }
    }
    Ok(())
}

fn refused(span: Span, why: impl std::fmt::Display) -> String {
    format!("line {}: {why}", span.start_line)
}

fn statements(all: &[Stmt<'_>]) -> Checked {
    all.iter().try_for_each(statement)
}

fn statement(it: &Stmt<'_>) -> Checked {
    // A block that keeps what is inside it makes texts of any length, past the bound on what comes out.
    const KEEPS: &str = "only `for`, `if`, `set` with `=` and `with` are possible";
    match it {
        Stmt::Template(it) => statements(&it.children),
        Stmt::EmitRaw(_) => Ok(()),
        Stmt::EmitExpr(it) => expression(&it.expr),
        Stmt::IfCond(it) => {
            expression(&it.expr)?;
            statements(&it.true_body)?;
            statements(&it.false_body)
        }
        Stmt::ForLoop(it) if it.recursive => Err(refused(it.span(), "a loop cannot be recursive")),
        Stmt::ForLoop(it) => {
            target(&it.target)?;
            expression(&it.iter)?;
            it.filter_expr.iter().try_for_each(expression)?;
            statements(&it.body)?;
            statements(&it.else_body)
        }
        Stmt::Set(it) => {
            target(&it.target)?;
            expression(&it.expr)
        }
        Stmt::WithBlock(it) => {
            for (name, value) in &it.assignments {
                target(name)?;
                expression(value)?;
            }
            statements(&it.body)
        }
        Stmt::SetBlock(it) => Err(refused(it.span(), KEEPS)),
        Stmt::FilterBlock(it) => Err(refused(it.span(), KEEPS)),
        Stmt::AutoEscape(it) => Err(refused(it.span(), KEEPS)),
        Stmt::Do(it) => Err(refused(it.span(), KEEPS)),
    }
}

/// What a value is given to: a name, or names.
fn target(it: &Expr<'_>) -> Checked {
    match it {
        Expr::Var(_) => Ok(()),
        Expr::List(it) => it.items.iter().try_for_each(target),
        Expr::Tuple(it) => it.items.iter().try_for_each(target),
        other => Err(refused(other.span(), "only a name can be given a value")),
    }
}

fn expression(it: &Expr<'_>) -> Checked {
    match it {
        Expr::Var(_) | Expr::Const(_) => Ok(()),
        Expr::UnaryOp(it) => expression(&it.expr),
        Expr::BinOp(it) => operation(it, it.span()),
        Expr::Compare(it) => {
            expression(&it.expr)?;
            it.ops.iter().try_for_each(|op| expression(&op.expr))
        }
        Expr::IfExpr(it) => {
            expression(&it.test_expr)?;
            expression(&it.true_expr)?;
            it.false_expr.iter().try_for_each(expression)
        }
        Expr::GetAttr(it) => expression(&it.expr),
        Expr::GetItem(it) => {
            expression(&it.expr)?;
            expression(&it.subscript_expr)
        }
        // Backwards through an empty text is a panic.
        Expr::Slice(it) if it.step.is_some() => {
            Err(refused(it.span(), "a slice has no step: only `[from:to]` is possible"))
        }
        Expr::Slice(it) => {
            expression(&it.expr)?;
            [&it.start, &it.stop].into_iter().flatten().try_for_each(expression)
        }
        Expr::Filter(it) => filter(it, it.span()),
        Expr::Test(it) if !TESTS.contains(&it.name) => {
            Err(refused(it.span(), format!("there is no test `{}`", it.name)))
        }
        Expr::Test(it) => {
            expression(&it.expr)?;
            arguments(&it.args, it.span(), false)
        }
        Expr::List(it) => constants(&it.items, it.span()),
        Expr::Tuple(it) => constants(&it.items, it.span()),
        Expr::Call(it) => Err(refused(it.span(), "there are no functions to call")),
        Expr::Map(it) => Err(refused(it.span(), "maps are no part of a template")),
    }
}

/// Arithmetic is for numbers: `+` and `*` of texts and lists make longer ones, as `~` does.
fn operation(it: &BinOp<'_>, span: Span) -> Checked {
    let (left, right) = (&it.left, &it.right);
    expression(left)?;
    expression(right)?;
    match it.op {
        BinOpKind::Concat => Err(refused(span, "write texts side by side instead of `~`")),
        BinOpKind::Pow => Err(refused(span, "`**` is no part of a template")),
        BinOpKind::Mul if !is_number(left) || !is_number(right) => {
            Err(refused(span, "`*` is for numbers: write `x|float * 2`"))
        }
        // One suffices: a number and a text have no sum.
        BinOpKind::Add if !is_number(left) && !is_number(right) => {
            Err(refused(span, "`+` is for numbers: write `x|float + y`, and texts side by side"))
        }
        _ => Ok(()),
    }
}

/// Whether it is a number whatever the context holds, or cannot be worked out.
fn is_number(it: &Expr<'_>) -> bool {
    match it {
        Expr::Const(it) => it.value.is_number(),
        Expr::UnaryOp(it) => matches!(it.op, UnaryOpKind::Neg),
        Expr::BinOp(it) => matches!(
            it.op,
            BinOpKind::Add
                | BinOpKind::Sub
                | BinOpKind::Mul
                | BinOpKind::Div
                | BinOpKind::FloorDiv
                | BinOpKind::Rem
        ),
        Expr::Filter(it) => match it.name {
            "abs" | "count" | "length" | "round" => true,
            // Their argument stands in for what is no number, and may be anything.
            "float" | "int" => it.args.is_empty(),
            _ => false,
        },
        _ => false,
    }
}

fn filter(it: &Filter<'_>, span: Span) -> Checked {
    if !FILTERS.contains(&it.name) {
        return Err(refused(span, format!("there is no filter `{}`", it.name)));
    }
    it.expr.iter().try_for_each(expression)?;
    arguments(&it.args, span, matches!(it.name, "float" | "int" | "round"))
}

fn arguments(all: &[CallArg<'_>], span: Span, named: bool) -> Checked {
    for argument in all {
        match argument {
            CallArg::Pos(it) => expression(it)?,
            CallArg::Kwarg(_, it) if named => expression(it)?,
            CallArg::Kwarg(..) | CallArg::PosSplat(_) | CallArg::KwargSplat(_) => {
                return Err(refused(span, "only plain arguments are possible here"));
            }
        }
    }
    Ok(())
}

/// A list of lists that hold one another has no end: so only what cannot hold anything is in one.
fn constants(items: &[Expr<'_>], span: Span) -> Checked {
    items.iter().try_for_each(expression)?;
    if items.iter().all(|it| matches!(it, Expr::Const(_)) || is_number(it)) {
        return Ok(());
    }
    Err(refused(span, "a list in a template is of words and numbers only"))
}
