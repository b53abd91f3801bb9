// GradientClipping.swift: limits on gradients, by value and by norm.

/// Limits on gradients.
///
/// Values are clipped before the norm.
public struct GradientClipping: Codable, Sendable, Equatable {
    /// Each gradient lies in ±value; `nil` sets no limit.
    public var value: Double?
    /// The norm over all parameters is at most this; `nil` sets no limit.
    public var norm: Double?

    /// No limits unless given.
    public init(value: Double? = nil, norm: Double? = nil) {
        self.value = value
        self.norm = norm
    }

    func validate() throws {
        try require("training.clipping.value", value, in: 0...Double.greatestFiniteMagnitude)
        try require("training.clipping.norm", norm, in: 0...Double.greatestFiniteMagnitude)
    }

    /// Clips gradients of norm `present`.
    ///
    /// Returns their norm after that.
    func clip(_ gradients: ParameterBuffer, norm present: Double) throws -> Double {
        var present = present
        // No value is larger than the norm.
        if let value, present > value {
            try gradients.clip(value: Float(value))
            present = gradients.norm
        }
        guard let norm else { return present }
        try gradients.clip(norm: Float(norm), present: present)
        return min(present, norm)
    }
}

extension GradientClipping: FormerSentinels {
    public static let formerSentinels = ["value": 0.0, "norm": 0.0]
}

extension GradientClipping: DescribedSettings {
    public static let settingDescriptions = [
        SettingDescription("value", "Each gradient is limited to ±value", in: 0...Double.greatestFiniteMagnitude),
        SettingDescription(
            "norm", "The norm of the gradients of all parameters is limited to this",
            in: 0...Double.greatestFiniteMagnitude)
    ]
}
