//! Everything that can be wrong with what the engine is given.

/// An error of the engine. Each variant carries its facts; the boundary maps it to a Python exception.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CoreError {
    /// The document is not JSON of the expected form.
    #[error("the {document} document cannot be read: {reason}")]
    Document {
        /// Which document: `problem`, `layout` or `model`.
        document: &'static str,
        /// What the parser said, with line and column.
        reason: String,
    },
    /// A value is outside its range.
    #[error("{field} is {given}; it must be {allowed}")]
    Value {
        /// Dotted name of the field.
        field: String,
        /// What was given.
        given: String,
        /// What is allowed.
        allowed: String,
    },
    /// A layout breaks a rule of the space.
    #[error("the layout is not valid: {explanation}")]
    InvalidLayout {
        /// The name of the rule that it breaks.
        rule: &'static str,
        /// The rule in words, with the numbers of this layout.
        explanation: String,
    },
    /// Something that the engine does not model yet was asked for.
    #[error("{what} is not supported: {allowed}")]
    Unsupported {
        /// What was asked for.
        what: String,
        /// What can be asked for instead.
        allowed: String,
    },
    /// The threads of a search could not be started.
    #[error("could not start {threads} threads: {reason}")]
    Threads {
        /// How many were wanted.
        threads: usize,
        /// What the system said.
        reason: String,
    },
}

impl CoreError {
    /// A short, stable name of the kind of error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Document { .. } => "document",
            Self::Value { .. } => "value",
            Self::InvalidLayout { rule, .. } => rule,
            Self::Unsupported { .. } => "unsupported",
            Self::Threads { .. } => "threads",
        }
    }
}

/// Checks of single values, so that every message reads the same.
pub(crate) mod check {
    use super::CoreError;

    // Far beyond anything physical, and close enough that no product of such quantities overflows a float.
    const SMALLEST: f64 = 1e-15;
    const LARGEST: f64 = 1e24;

    fn value(field: &str, given: &impl ToString, allowed: &str) -> CoreError {
        CoreError::Value { field: field.to_owned(), given: given.to_string(), allowed: allowed.to_owned() }
    }

    /// A count that must be at least one.
    pub(crate) fn at_least_one(field: &str, given: u64) -> Result<(), CoreError> {
        if given >= 1 {
            Ok(())
        } else {
            Err(value(field, &given, "at least 1"))
        }
    }

    /// A count that must be small enough to be exact as a float and safe in products.
    pub(crate) fn at_most(field: &str, given: u64, limit: u64) -> Result<(), CoreError> {
        if given <= limit {
            Ok(())
        } else {
            Err(value(field, &given, &format!("at most {limit}")))
        }
    }

    /// A quantity that must be finite and above zero.
    pub(crate) fn positive(field: &str, given: f64) -> Result<(), CoreError> {
        if (SMALLEST..=LARGEST).contains(&given) {
            Ok(())
        } else {
            Err(value(field, &given, &format!("above 0, between {SMALLEST:e} and {LARGEST:e}")))
        }
    }

    /// A quantity that must be finite and not below zero.
    pub(crate) fn not_negative(field: &str, given: f64) -> Result<(), CoreError> {
        if (0.0..=LARGEST).contains(&given) {
            Ok(())
        } else {
            Err(value(field, &given, &format!("0 or more, at most {LARGEST:e}")))
        }
    }

    /// Any other condition.
    #[expect(clippy::needless_pass_by_value, reason = "callers give numbers and borrowed text")]
    pub(crate) fn that(holds: bool, field: &str, given: impl ToString, allowed: &str) -> Result<(), CoreError> {
        if holds {
            Ok(())
        } else {
            Err(value(field, &given, allowed))
        }
    }
}
